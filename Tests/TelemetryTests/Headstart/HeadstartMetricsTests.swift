import Foundation
import Testing
internal import Time

@testable import Telemetry

final class HeadstartMetricsTests {
  private let metrics = HeadstartMetrics(version: "1.2.3", revision: "abc")

  // What `onScrape` is given holds the metrics, and with them the registry that holds it.
  deinit { metrics.registry.endScrapes() }

  private func page(_ format: ExpositionFormat = .text) -> String {
    String(decoding: metrics.registry.exposition(format), as: UTF8.self)
  }

  /// Gives every family a series, with hostile label values where they come from outside.
  private func fill() {
    metrics.rpcs.with(["GetMetrics", "OK"]).increment()
    metrics.rpcDuration.with(["GetMetrics"]).observe(.milliseconds(1))
    metrics.streams.with(["StreamIsActive"]).increment()
    metrics.kedastralRequests.with(["IsActive", "inactive_stale"]).increment()
    metrics.kedastralRequestDuration.with(["IsActive"]).observe(.milliseconds(1))
    metrics.source("default", kind: "forecaster").fetchFailed(
      reason: "timeout", after: .seconds(5))
    metrics.source("ns/main", kind: "prometheus").fetchSucceeded(after: .milliseconds(30))
    metrics.grpcCertificate.served(until: 1_795_217_645)
    metrics.sidePortCertificate.served(until: 1_795_217_645)
    metrics.sidePort.requests.with(["200"]).increment()
    metrics.calendarRead.with(["holidays"]).set(1_795_217_645)
    metrics.registry.onScrape { [metrics] writer in
      let signals = SignalSample.State.allCases.map {
        SignalSample(
          signal: "s \($0)", kind: "forecast", state: $0, replicas: 3, age: .seconds(90))
      }
      for policy in ["my-api", "quote\" back\\ line\n é\r\u{0}"] {
        metrics.write(
          PolicySample(
            namespace: policy == "my-api" ? nil : "default", policy: policy, desiredReplicas: 3,
            winner: "s held", nextChange: 1_795_217_645.123, overrides: 1,
            forecasts: [
              ForecastSample(
                signal: "s held", quantile: 0.9, expected: 12.5, atMost: 20, kept: 0.91,
                skill: 0.4, charge: "regression", missing: 3)
            ], signals: signals), to: &writer)
      }
      metrics.write(PolicySample(namespace: nil, policy: "lost", desiredReplicas: nil), to: &writer)
      var server = ServerSample()
      server.connectionsClosed = ["client": 1]
      server.handshakeFailures = ["alpn": 1]
      server.limitsExceeded = ["pings": 1]
      metrics.write(server, to: &writer)
      metrics.write(
        SourceSample(source: "default", kind: "forecaster", isUp: false), to: &writer)
      metrics.write(
        SourceSample(source: "ns/main", kind: "prometheus", isUp: true), to: &writer)
    }
  }

  @Test(arguments: [
    ("kedastral_scaler_desired_replicas_returned", MetricType.gauge, []),
    ("kedastral_scaler_forecast_age_seen_seconds", .gauge, []),
    ("kedastral_scaler_forecast_fetch_duration_seconds", .histogram, []),
    ("kedastral_scaler_grpc_request_duration_seconds", .histogram, ["method"]),
    ("kedastral_scaler_forecast_fetch_errors_total", .counter, []),
    ("kedastral_scaler_grpc_requests_total", .counter, ["method", "status"]),
  ])
  func `has Kedastral's metrics as they are`(name: String, type: MetricType, labels: [String]) {
    let definition = metrics.registry.definitions.first { $0.name == name }
    #expect(definition?.type == type)
    #expect(definition?.labels == labels)
  }

  @Test func `has Kedastral's buckets`() {
    let bounds = page().split(separator: "\n").compactMap { line in
      line.wholeMatch(
        of: /kedastral_scaler_forecast_fetch_duration_seconds_bucket\{le="(.*)"\} 0/)?.1
    }
    #expect(
      bounds == [
        "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5", "1", "2.5", "5", "10", "+Inf",
      ])
  }

  @Test func `shows a series for every family once all have happened`() {
    fill()
    let page = page()
    for definition in metrics.registry.definitions {
      #expect(page.contains("\n# TYPE \(definition.name) "), "\(definition.name)")
    }
  }

  @Test func `says nothing of certificates without TLS, and zero of reloads with it`() {
    #expect(!page().contains("tls_certificate_expiry_seconds"))
    #expect(!page().contains("tls_reloads_total"))
    metrics.sidePortCertificate.served(until: 1_795_217_645)
    #expect(page().contains("\nheadstart_http_tls_certificate_expiry_seconds 1795217645\n"))
    #expect(page().contains("\nheadstart_http_tls_reloads_total{result=\"failure\"} 0\n"))
    #expect(!page().contains("\nheadstart_tls_certificate_expiry_seconds"))
    metrics.sidePortCertificate.refused()
    #expect(page().contains("\nheadstart_http_tls_reloads_total{result=\"failure\"} 1\n"))
  }

  @Test func `shows what the server counts`() {
    var sample = ServerSample()
    sample.connections = 2
    sample.connectionsAccepted = 5
    sample.connectionsClosed = ["client": 3, "idle": 0]
    metrics.registry.onScrape { [metrics, sample] in metrics.write(sample, to: &$0) }
    let page = page()
    #expect(page.contains("\nheadstart_connections 2\n"))
    #expect(page.contains("\nheadstart_connections_accepted_total 5\n"))
    #expect(
      page.contains(
        """
        \nheadstart_connections_closed_total{reason="client"} 3
        headstart_connections_closed_total{reason="idle"} 0\n
        """))
    #expect(page.contains("\nheadstart_sent_bytes_total 0\n"))
  }

  @Test func `counts a forecaster's fetches for Kedastral's metrics too, and no others`() {
    let forecaster = metrics.source("default", kind: "forecaster")
    forecaster.fetchSucceeded(after: .milliseconds(20), forecastAge: .seconds(45))
    forecaster.fetchFailed(reason: "timeout", after: .seconds(5))
    metrics.source("main", kind: "prometheus").fetchFailed(reason: "http_500", after: .seconds(1))
    #expect(metrics.forecastAgeSeen.value == 45)
    #expect(metrics.forecastFetchErrors.value == 1)
    #expect(metrics.forecastFetchDuration.count == 2)
    #expect(metrics.sourceFetches.with(["main", "prometheus", "failure"]).value == 1)
    #expect(
      metrics.sourceFetchFailures.with(["default", "forecaster", "timeout"]).value == 1)
    metrics.removeSource("default", kind: "forecaster")
    #expect(!page().contains("\"default\""))
    #expect(page().contains("\"main\""))
  }

  @Test func `shows what is known of a policy and leaves out the rest`() {
    metrics.calendarRead.with(["holidays"]).set(1_795_217_645)
    metrics.registry.onScrape { [metrics] writer in
      let lost = SignalSample(signal: "live", kind: "prometheus", state: .unknown)
      metrics.write(
        PolicySample(namespace: "ns", policy: "p", desiredReplicas: nil, signals: [lost]),
        to: &writer)
    }
    let lines = page().split(separator: "\n").filter { $0.contains("policy=\"p\"") }
    let signal = #"{namespace="ns",policy="p",signal="live",kind="prometheus",state="#
    #expect(
      lines == [
        #"headstart_policy_available{namespace="ns",policy="p"} 0"#,
        #"headstart_signal_kept_seconds{namespace="ns",policy="p",signal="live",kind="prometheus"} 0"#,
        "headstart_signal_state\(signal)\"fresh\"} 0",
        "headstart_signal_state\(signal)\"held\"} 0",
        "headstart_signal_state\(signal)\"silent\"} 0",
        "headstart_signal_state\(signal)\"unknown\"} 1",
      ])
  }

  @Test func `names the build`() {
    #expect(page().contains("\nheadstart_build_info{version=\"1.2.3\",revision=\"abc\"} 1\n"))
  }

  @Test(.enabled(if: promtool != nil, "promtool is not installed (Debian package prometheus)"))
  func `passes promtool without a remark`() throws {
    fill()
    // promtool keeps the label "quantile" for summaries; a forecast's quantile has no other name.
    let lines = page().split(separator: "\n").filter { !$0.contains("headstart_forecast_load") }
    let (status, output) = try runPromtool(Array((lines.joined(separator: "\n") + "\n").utf8))
    #expect(status == 0)
    #expect(output == "")
  }

  @Test(.enabled(if: promtool != nil, "promtool is not installed (Debian package prometheus)"))
  func `would hear from promtool of a fault`() throws {
    let (status, output) = try runPromtool(Array("# TYPE x_total gauge\nx_total 1\n".utf8))
    #expect(status != 0)
    #expect(output.contains("x_total"))
  }

  @Test func `is described in docs/metrics.md, family by family`() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let text = try String(contentsOf: root.appending(path: "docs/metrics.md"), encoding: .utf8)
    // What follows is counted, and declared, in targets of its own.
    let own = try #require(text.components(separatedBy: "\n## The API server of").first)
    try #require(own.count < text.count)
    let rows = own.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { row in
      row.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }.filter { $0.count == 5 }
    let definitions = metrics.registry.definitions
    #expect(Set(rows.map { $0[0] }) == Set(definitions.map { "`\($0.name)`" }))
    for definition in definitions {
      let row = try #require(rows.first { $0[0] == "`\(definition.name)`" })
      let labels = definition.labels.map { "`\($0)`" }.joined(separator: ", ")
      #expect(row[1] == definition.type.rawValue, "\(definition.name)")
      #expect(row[2] == (labels.isEmpty ? "-" : labels), "\(definition.name)")
      if let unit = definition.unit { #expect(row[3] == unit.rawValue, "\(definition.name)") }
    }
  }

  private static let promtool = ["/usr/bin/promtool", "/usr/local/bin/promtool"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  private func runPromtool(_ page: [UInt8]) throws -> (status: Int32, output: String) {
    let path = NSTemporaryDirectory() + "metrics-\(UUID().uuidString)"
    try Data(page).write(to: URL(filePath: path))
    defer { unlink(path) }
    let process = Process()
    let output = Pipe()
    process.executableURL = URL(filePath: try #require(Self.promtool))
    process.arguments = ["check", "metrics"]
    process.standardInput = try FileHandle(forReadingFrom: URL(filePath: path))
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: text, as: UTF8.self))
  }
}
