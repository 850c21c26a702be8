export { adminHandler, metricsHandler, type Handler } from "./handler.ts";
export { serveHttp } from "./serve-http.ts";
