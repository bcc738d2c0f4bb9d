/** Where pictures come from. */
export interface PictureInputOptions {
  readonly input: HTMLInputElement;
  /** Shown while a file is dragged over the window. */
  readonly veil: HTMLElement;
  readonly take: (file: File) => void;
}

/** Takes a file that is chosen, dropped anywhere on the page, or pasted. */
export function onPictureGiven({ input, veil, take }: PictureInputOptions): void {
  const takeFirst = (files: FileList | undefined | null): boolean => {
    const [file] = files ?? [];
    if (file) take(file);
    return file !== undefined;
  };
  input.onchange = () => {
    takeFirst(input.files);
    input.value = ''; // the same file can be chosen again
  };
  document.addEventListener('paste', event => {
    if (takeFirst(event.clipboardData?.files)) event.preventDefault();
  });
  document.addEventListener('dragover', event => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    veil.hidden = false;
  });
  document.addEventListener('dragleave', event => {
    if (event.relatedTarget === null) veil.hidden = true; // left the window, not one element for another
  });
  document.addEventListener('drop', event => {
    veil.hidden = true;
    if (takeFirst(event.dataTransfer?.files)) event.preventDefault();
  });
}
