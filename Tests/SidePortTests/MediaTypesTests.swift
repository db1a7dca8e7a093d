import Telemetry
import Testing

@testable import SidePort

struct MediaTypesTests {
  @Test(arguments: [
    "application/openmetrics-text", "application/openmetrics-text; version=1.0.0; charset=utf-8",
    "APPLICATION/OpenMetrics-Text;version=0.0.1", "text/plain;q=0.5, application/openmetrics-text",
    "application/openmetrics-text;q=0.7,*/*;q=0.1", "application/openmetrics-text, text/plain",
    // Prometheus 2.42.
    """
    application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,\
    text/plain;version=0.0.4;q=0.5,*/*;q=0.1
    """,
    // Prometheus 3.
    """
    application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,\
    application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;q=0.3,*/*;q=0.1
    """,
  ])
  func `gives OpenMetrics to those who prefer it`(accept: String) {
    #expect(MediaTypes.exposition(accept: accept) == .openMetrics)
  }

  @Test(
    arguments: [
      nil, "", "*/*", "text/plain", "text/html,application/xhtml+xml,*/*;q=0.8", ",;,=;q",
      "application/openmetrics-text;q=0", "application/openmetrics-text;version=2.0.0",
      "application/openmetrics-text;q=0.3,text/plain;q=0.4",
      "text/plain, application/openmetrics-text",
      "application/openmetrics-text;q=nan", "application/openmetrics-text;q=x",
    ] as [String?])
  func `gives the text format to everybody else`(accept: String?) {
    #expect(MediaTypes.exposition(accept: accept) == .text)
  }
}
