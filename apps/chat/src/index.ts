export { chatServer, type ChatServer, type ChatServerOptions } from './server/chat-server.js';
export { listen, type Listening, type ListenOptions } from './server/listen.js';
export { readPage, type Page, type PageFile } from './server/page.js';
