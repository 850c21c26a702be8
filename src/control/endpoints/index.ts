/** Which pods stand behind which service. */
export { startEndpointController } from "./controller.ts";
