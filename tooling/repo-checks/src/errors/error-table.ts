/** What a code says. */
export interface ErrorMeaning {
  /** What is wrong, for whoever meets the code without its message. */
  readonly means: string;
  /** What usually helps. */
  readonly fix: string;
}

const row = (means: string, fix: string): ErrorMeaning => ({ means, fix });

/** Every `code` that an error of the published packages can have. */
export const errorMeanings: Readonly<Record<string, ErrorMeaning>> = {
  // tensors, random numbers, graphs
  SHAPE_MISMATCH: row(
    'Sizes that belong together differ',
    'Compare the two shapes in the message; make data and shape agree',
  ),
  BYTE_LENGTH: row('Bytes are no whole number of elements', 'Pass all bytes of the tensor'),
  RANDOM_RANGE: row('A random integer below nothing was asked for', 'Check that the list to choose from is not empty'),
  RANDOM_STATE: row('That is no state of a random generator', 'Pass what `state()` has returned'),
  AXIS_OUT_OF_RANGE: row('The tensor has no such axis', 'Correct the axis'),
  CONSTANT_EXPECTED: row('An operation needs numbers where it got a computed tensor', 'Pass numbers'),
  DTYPE_MISMATCH: row('The tensors of one operation have different types', 'Cast one of them'),
  DUPLICATE_NAME: row('Two things in a graph have one name', 'Rename one of them'),
  NO_GRADIENT: row('An operation on the way has no derivative', 'Take the gradient of another output'),
  NO_PATH: row('The output does not depend on the tensor', 'Ask for gradients of what it is computed from'),
  QUANTIZED_USE: row(
    'A weight that is stored as whole numbers is used by more than products',
    'Bind it as it is stored',
  ),
  SYMBOLIC_DIMENSION: row('A size is needed when the graph is built', 'Give the input a fixed size there'),

  // checkpoints
  CHECKPOINT_CLOSED: row('A tensor was read after `close()`', 'Close later, or open again'),
  CHECKPOINT_CORRUPT: row('A file is damaged, cut off, or its header lies', 'Copy or download it again'),
  CHECKPOINT_LIMIT: row(
    'A file asks for more than a limit allows',
    'Raise the limit that the message names if you trust the file',
  ),
  CHECKPOINT_MISMATCH: row(
    'Tensors are missing, unexpected or of another shape than the model has',
    'Check that file and configuration belong together',
  ),
  CHECKPOINT_NAME: row('A tensor name cannot be written, or two tensors would get one', 'Rename or drop one'),
  CHECKPOINT_NOT_FOUND: row('No such file, or no checkpoint in the directory', 'Check the path; finish the download'),
  CHECKPOINT_NO_TENSOR: row('The checkpoint has no tensor of this name', 'Take a name from `names()`'),
  CHECKPOINT_RANGE: row('Rows were asked for that the tensor lacks', 'Ask for rows that exist'),
  CHECKPOINT_READ: row('The system refuses to read the file', 'Check its permissions and the disk'),
  CHECKPOINT_UNSAFE: row(
    'A pickle names Python code, or an index a file elsewhere; nothing was executed',
    'Do not use the file, or save its state dict alone',
  ),
  CHECKPOINT_UNSUPPORTED: row(
    'The file is of a kind, version or type that is not read',
    'Convert it as the message says',
  ),
  CHECKPOINT_WRITE: row(
    'A file could not be written; the old one is untouched',
    'Free space, or choose another folder',
  ),

  // sessions
  DEVICE_UNAVAILABLE: row(
    'The device that was asked for does not work here',
    'Install what the message lists, or use the processor',
  ),
  ENGINE_FAILED: row(
    'onnxruntime could not load or run a graph; its reason is in the message',
    'Check inputs, files and memory',
  ),
  INPUT_MISSING: row('A graph was run without one of its inputs', 'Feed it'),
  SCRATCH_WRITE: row(
    'Unpacked weights could not be written to the temporary folder',
    'Free space, or name another folder',
  ),
  SESSION_DISPOSED: row('A session was run after it was disposed', 'Create it again'),
  STORAGE_UNSUPPORTED: row(
    'This machine, model or device cannot hold weights in that way',
    'Choose the storage that the message names',
  ),

  // pictures
  IMAGE_CORRUPT: row('A picture is damaged or cut off', 'Fetch or save it again'),
  IMAGE_EMPTY: row('A picture has no bytes', 'Pass another file'),
  IMAGE_NOT_FOUND: row('There is no picture at the path', 'Check the path'),
  IMAGE_SIZE: row(
    'Width, height and bytes of pixels do not fit each other',
    'Pass an image as `decodeImage` returns it',
  ),
  IMAGE_TOO_LARGE: row('A picture has too many bytes or pixels', 'Shrink it, or raise the limit'),
  IMAGE_UNREADABLE: row('The system refuses to read the picture', 'Check its permissions'),
  IMAGE_UNSUPPORTED: row('The file is no picture of a kind that is decoded', 'Save it as PNG or JPEG'),

  // models
  BATCH_EMPTY: row('A batch has no rows', 'Pass at least one'),
  CONFIG_INVALID: row(
    'A configuration has a value that is missing or impossible',
    'Correct the value that the message names',
  ),
  CONFIG_MISMATCH: row('Parts of different models were put together', 'Use the parts of one model'),
  CONTEXT_FULL: row('Prompt and picture leave no room for an answer', 'Shorten the question or begin a new chat'),
  IMAGES_UNSUPPORTED: row('The model is a language model alone', 'Load a directory with a vision encoder'),
  LABELS_EMPTY: row('There is no token to learn from', 'Check captions and end symbol'),
  MODEL_AMBIGUOUS: row('Several files could be meant', 'Name the file, or move the others away'),
  MODEL_FILES_MISSING: row('Files of a model are not there', 'Put them where the message says, or name them'),
  MODEL_NOT_FOUND: row('There is no model of that name or at that path', 'Name a preset or a directory'),
  QFORMER_MISMATCH: row(
    'The Q-Former is one that MiniGPT-4 was not trained with',
    'Use the file that the message names',
  ),

  // language model and tokenizer
  CACHE_MISUSE: row(
    'Rows of a key-value cache were asked for or fed out of order',
    'Reset it, or feed what follows its rows',
  ),
  FILE_UNREADABLE: row('A file cannot be read', 'Check the path and its permissions'),
  INVALID_OPTION: row('An option has a value that is not possible', 'Use a value in the range that the message names'),
  LOGITS_NOT_FINITE: row('The model computed not-a-number', 'Check its files; use a wider type of storage'),
  TOKENIZER_INVALID: row('The tokenizer file is damaged or no tokenizer', 'Use the one that came with the model'),
  TOKENIZER_LIMIT: row('The tokenizer file asks for more than a limit allows', 'Check that the file is a tokenizer'),
  TOKENIZER_UNSUPPORTED: row('The tokenizer is of a kind that is not read', 'Convert it to a tokenizer.json'),
  MERGE_BASE: row(
    'The base of a delta merge is not the LLaMA that is expected',
    'Use the base that the delta was made from',
  ),
  MERGE_DELTA: row('The delta does not fit the base, or is none', 'Use the delta for this base'),
  MERGE_DISK: row('The merged weights do not fit on the disk, or it fails', 'Free the space that the message names'),
  MERGE_INTERRUPTED: row('A merge was stopped', 'Run it again to go on'),
  MERGE_NOT_FINITE: row('Merged weights are not numbers', 'Check base and delta; one of them is damaged'),
  MERGE_OUTPUT: row('The folder for merged weights is in use for something else', 'Choose an empty folder'),
  MERGE_TOKENIZER: row('The tokenizers of base and delta do not belong together', 'Use the files of one release'),

  // prompts and conversations
  BAD_POSITION: row('A prompt was to go on from where no answer ends', 'Count the messages in the cache'),
  EMPTY_QUESTION: row('A question has no words', 'Say something'),
  MARKER_IN_TEXT: row('A question holds a marker of the conversation', 'Take it out, or let it be escaped'),
  TEMPLATE_INVALID: row(
    'A prompt template is not of the form that is expected',
    'Use the one that came with the model',
  ),
  CHAT_BUSY: row('A chat was asked while it answers', 'Await the end of the answer'),
  CHAT_DISPOSED: row('A chat was used after it was disposed', 'Start a new one'),

  // process that holds the model
  ENGINE_CRASHED: row("The model's process ended while a request was in it", 'Ask again: it starts anew'),
  ENGINE_DISPOSED: row('The engine was used after it was disposed', 'Start another'),
  ENGINE_STOPPED: row('The engine was used before it was started', 'Await `startEngine`'),

  // downloads
  HUB_ANSWER: row('The hub answered something that is not expected', 'Check the name and the endpoint'),
  HUB_CHECKSUM: row('A file arrived damaged and was deleted', 'Download it again'),
  HUB_DISK: row('The cache cannot be written', 'Free space, or set `HF_HUB_CACHE`'),
  HUB_FORBIDDEN: row('The repository is gated or private', 'Accept its terms and set `HF_TOKEN`'),
  HUB_NAME: row('That is no name of a repository, revision or file', 'Correct the name'),
  HUB_NOT_FOUND: row('There is no such repository, revision or file', 'Check the names'),
  HUB_OFFLINE: row('Offline, and the file is not in the cache', 'Download it once with a network'),
  HUB_OPTION: row('A setting of the downloads is not possible', 'Correct the setting that the message names'),
  HUB_UNREACHABLE: row('No endpoint answers', 'Check the network, or name a mirror with `HF_ENDPOINT`'),

  // data sets
  BAD_DATASET: row('A file of a data set is damaged', 'Write or copy it again'),
  DATASET_NOT_FOUND: row('There is no data set at the path', 'Check the path'),
  DATASET_UNREADABLE: row('The system refuses to read a data set', 'Check its permissions and the disk'),
  DUPLICATE_KEY: row('Two samples have one key', 'Give each sample a key of its own'),
  INDEX_OUT_OF_RANGE: row('The data set has no sample at this position', 'Use positions below its length'),
  INVALID_KEY: row('A key cannot name a file', 'Give the sample another key'),
  INVALID_RATIO: row('Ratios are negative or sum to nothing', 'Give one ratio for each set'),
  OUTPUT_EXISTS: row(
    'There is something already where output should go',
    'Choose another name, or say that it may be replaced',
  ),
  TOO_MANY_SHARDS: row('Braces in a path name too many shards', 'Check the numbers in braces'),
  UNKNOWN_DATASET: row('The file or folder is no data set of a kind that is read', 'Check the path'),

  // one sample of a data set: readers of many count these and go on
  BAD_GROUP: row('A sample has one extension twice, or too many files', 'Mend the sample'),
  BAD_JSON: row('Text that should be JSON is none', 'Mend the sample'),
  BAD_RECORD: row('A record has another shape than its format', 'Mend the sample'),
  BAD_SHARD: row('A file is no tar, or is damaged', 'Copy it again'),
  MISSING_IMAGE: row('A picture is named but not there', 'Add it'),
  NOT_AN_IMAGE: row('A picture file holds something else', 'Replace it'),
  NO_CAPTION: row('A sample has no text', 'Add one'),
  NO_IMAGE: row('A sample has no picture', 'Add one'),
  REMOTE_IMAGE: row('A picture is behind a network address', 'Download it first'),
  SEVERAL_IMAGES: row('A record is about more than one picture', 'Split it'),
  TOO_LARGE: row('A file or record is over its limit', 'Make it smaller'),
  TRUNCATED_SHARD: row('A tar ends early', 'Copy it again'),
  UNREADABLE_FILE: row('The system refuses to read a file', 'Check its permissions'),
  UNREADABLE_SHARD: row('A tar cannot be opened or fetched', 'Check path and network'),
  UNSAFE_NAME: row('A file name points out of its folder', 'Do not use this archive'),

  // training
  BACKEND_UNAVAILABLE: row('TensorFlow.js does not start on the backend', 'Choose another backend'),
  SCHEDULE_INVALID: row('A learning rate schedule has an impossible number', "Correct the run's settings"),
  SHAPE_INVALID: row('A width is no positive whole number', "Take the widths from the model's config"),
  CLIP_ART_UNREADABLE: row('The folder or package holds no clip art', 'Pass what the message names'),
  CONFIG_UNKNOWN: row('No configuration has that name or path', 'Check the spelling or the path'),
  CONFIG_UNSUPPORTED: row('A setting of an original configuration is not supported', 'Change it as the message says'),
  DATA_EMPTY: row('The data set has no pictures', 'Check `--data`'),
  DATA_MISSING: row('A stage was started without data', 'Pass `--data`'),
  EVALUATION_UNREADABLE: row('The file is no result of `evaluate`', 'Check the path'),
  FEATURES_DAMAGED: row('A file of cached features is damaged; its pictures are encoded again', 'Remove it'),
  FEATURES_MISMATCH: row('Cached features are of another encoder', 'Choose another folder with `--features`'),
  FEATURES_MISSING: row('There are no cached features of a picture', 'Run `features` on the same data again'),
  FEATURES_UNWRITABLE: row('The folder for features cannot be made or written', 'Choose another with `--features`'),
  FORMAT_UNKNOWN: row("The output's ending tells no format", 'Rename it or pass `--format`'),
  INTERRUPTED: row('A command was interrupted; what was done is kept', 'Run the same command to go on'),
  MANIFEST_CORRUPT: row('The record of a run is damaged', 'Remove it; `--resume` then does not compare'),
  OUTPUT_TAKEN: row('Another process goes on with the run', 'Choose another `--output`'),
  OUTPUT_UNWRITABLE: row('The output folder cannot be made or written', 'Choose another `--output`'),
  PACKAGE_ALTERED: row(
    'A downloaded package is not the pinned one; nothing of it was kept',
    'Check which registry npm uses',
  ),
  PACKAGE_UNAVAILABLE: row('npm did not bring a package', 'Try `npm pack` by hand'),
  PACKAGE_UNREADABLE: row('A downloaded package is damaged', 'Delete it and run again'),
  PROJECTION_MISSING: row('Stage 2 has no projection to start from', 'Run stage 1 first, or pass `--projection`'),
  RESUME_CORRUPT: row('No saved state of the run is whole', 'Restore one, or start again'),
  RESUME_MISMATCH: row('Another run than the one to go on with', 'Use the same settings and files, or another output'),
  RUN_NOT_FOUND: row('There is no run in the folder', 'Check the path'),
  SENSE_MISSING: row('The dictionary is not the pinned one', 'Use the pinned version'),
  TRAINING_DIVERGED: row('Gradients were not finite too often in a row', 'Start again with a lower learning rate'),

  // command line and server
  BAD_REQUEST: row('A request is not of the form that is expected', 'Mend the request'),
  BODY_TOO_LARGE: row('A request has too many bytes', 'Send less'),
  BUSY: row('Too many questions at once', 'Try again in a few seconds'),
  CHAT_NOT_FOUND: row('The server has no such chat', 'Open a new one'),
  CONFLICTING_FLAGS: row('Two flags exclude each other', 'Leave one out'),
  FORBIDDEN_HOST: row('The Host header names another server', 'Start it with `--host`'),
  FORBIDDEN_ORIGIN: row('A page of another site asked', 'Open the page of this server'),
  HOST_UNAVAILABLE: row('The server cannot listen on the address', 'Check `--host`'),
  INVALID_FLAG: row('A flag has a value that is not possible', 'See `--help`'),
  INTERNAL: row('Something nobody foresaw', 'See the log of the server; report it'),
  NOT_FOUND: row('The server has nothing at that path', 'Use one of its routes'),
  OFFLINE: row('The page does not reach its server', 'See whether it still runs'),
  PORT_FORBIDDEN: row('The port is reserved', 'Pass a `--port` above 1023'),
  PORT_IN_USE: row('Another program has the port', 'Stop it, or pass another `--port`'),
  UNEXPECTED_ARGUMENT: row('An argument stands where none belongs', 'See `--help`'),
  USAGE: row('A command line is not one that the program takes', 'See `--help`'),
  UNKNOWN_COMMAND: row('The terminal chat has no such command', 'Type /help'),
  UNKNOWN_FLAG: row('There is no such flag', 'See `--help`'),
};

/** Codes of what is reported without an error: findings of the doctor, alarms of a training run. */
export const findingMeanings: Readonly<Record<string, ErrorMeaning>> = {
  CONFIG_IDS: row('Configuration and tokenizer name different special tokens', 'Use the files of one release'),
  ENGINE_VERSION: row('Which onnxruntime loads, or why none does', 'Install the package again'),
  IMAGE_DECODER: row('Which decoder of pictures loads, or why none does', 'Install the package again'),
  LANGUAGE_MODEL: row('Which family the language model is of', 'Use the one that the projection was trained with'),
  LANGUAGE_MODEL_DIGEST: row("Digest of the language model's tensors", 'Compare it with a digest you trust'),
  MARKER_IDS: row("How the tokenizer splits the prompt's markers", "Use LLaMA's tokenizer"),
  MERGE_UNFINISHED: row('A delta merge was interrupted in this folder', 'Run it again'),
  NODE_VERSION: row('Whether this Node is supported', 'Install a supported one'),
  DATA_WAIT: row('Training waits for data', 'Cache features, or use a faster disk'),
  EMBEDDING_SIZE: row(
    'Projected pictures are far larger or smaller than word embeddings',
    'Check initial values and learning rate',
  ),
  EMPTY_LABELS: row('Many samples have nothing to learn', 'Check the captions'),
  GRADIENT_NOT_FINITE: row('A gradient is not a number; the step was skipped', 'Lower the learning rate'),
  LOSS_NOT_FINITE: row('The loss is not a number; the step was skipped', 'Check the data and the learning rate'),
  QUERIES_COLLAPSED: row('The queries of the Q-Former say the same thing', 'Use another Q-Former'),
  UNIFORM_LOSS: row('The loss stays where guessing would be', 'Check that the language model is the one expected'),
};

/** Words in capitals that are no codes: names of variables of the environment and of ways to pack numbers. */
export const otherWords: readonly RegExp[] = [/^Q\d_[\dK]$/, /^INIT_CWD$/, /^ORT_/];
