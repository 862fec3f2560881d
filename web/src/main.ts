/** Starts the page with the source beside it. */
import { socketBeside } from './source/socket';
import { Page } from './view/page';

new Page(socketBeside(document.baseURI)).start();
