/** One HTTP request to the simulator, body read. */
export interface SimulatorRequest {
  method: string;
  /** Percent-encoded path, without the query. */
  path: string;
  query: URLSearchParams;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

export interface SimulatorResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}
