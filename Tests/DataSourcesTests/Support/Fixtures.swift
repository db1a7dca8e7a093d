internal import Foundation
internal import HTTPClient
internal import Scaling
internal import Telemetry
internal import TestKit

@testable internal import DataSources

/// Recorded answers, and short ways to make what the tests need.
enum Fixtures {
  /// The answer of a Kedastral 0.1.7 forecaster for the workload `my-api`.
  static func forecast() throws -> [UInt8] {
    try Array(contents(of: "forecast-current.json"))
  }

  /// The same snapshot, generated so many seconds ago.
  static func forecast(age: Double) throws -> String {
    let time = Date(timeIntervalSinceNow: -age).ISO8601Format()
    return String(decoding: try forecast(), as: UTF8.self)
      .replacingOccurrences(of: "2026-11-20T22:42:18Z", with: time)
  }

  /// Its answer for a workload that it does not know: status line, headers, body.
  static func unknownWorkload() throws -> HTTPResponse {
    let text = String(decoding: try contents(of: "forecast-unknown.http"), as: UTF8.self)
      .replacingOccurrences(of: "\r\n", with: "\n")
    let body = text.components(separatedBy: "\n\n").dropFirst().joined(separator: "\n\n")
    return HTTPResponse(status: 404, body: Array(body.utf8))
  }

  private static func contents(of name: String) throws -> Data {
    let folder = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/kedastral")
    return try Data(contentsOf: folder.appendingPathComponent(name))
  }

  static func forecaster(
    _ address: String = "http://forecaster:8081", name: String = "default"
  ) -> DataSource {
    DataSource(
      name: ResourceName(name: name), kind: .forecaster, address: address, timeout: .patience)
  }

  static func prometheus(
    _ address: String = "http://prometheus:9090", name: String = "main"
  ) -> DataSource {
    DataSource(
      name: ResourceName(name: name), kind: .prometheus, address: address, timeout: .patience)
  }
}

extension HTTPResponse {
  static func ok(_ body: String, _ headers: [(name: String, value: String)] = []) -> HTTPResponse {
    HTTPResponse(status: 200, headers: HTTPHeaders(headers), body: Array(body.utf8))
  }
}
