export interface ReportData {
  readonly [key: string]: unknown;
  twiddles: unknown[];
}
export function renderReport(data: ReportData): string {
  return `<pre>${JSON.stringify(data).length}</pre>`;
}
