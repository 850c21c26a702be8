export { openAdminPort, type AdminPort } from "./admin-port.ts";
export { adminHandler, metricsHandler } from "./handler.ts";
export { mergePages } from "./merge.ts";
export { pageOf, type PageRequest, type Reply } from "./pages.ts";
export { serveHttp } from "./serve-http.ts";
