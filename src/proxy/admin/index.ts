export { adminHandler, metricsHandler, type Handler } from "./handler.ts";
