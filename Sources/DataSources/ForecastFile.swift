package import Scaling

/// A forecaster's answer that was kept in a file: the JSON of `GET /forecast/current`.
package struct ForecastFile: Hashable, Sendable {
  package let series: ForecastSeries
  /// Nil when the file does not say whose forecast it is.
  package let workload: String?

  /// Why a file is not a forecast: one sentence.
  package struct Invalid: Error, Hashable, CustomStringConvertible {
    package let description: String
  }

  /// - Parameter loads: Whether its loads count, and not its replicas.
  /// - Throws: `Invalid` for anything but a complete snapshot with numbers that make sense.
  package init(_ bytes: [UInt8], loads: Bool = false) throws(Invalid) {
    do {
      (series, workload) = try ForecasterClient.snapshot(in: bytes, workload: nil, loads: loads)
    } catch {
      throw Invalid(description: "\(error)")
    }
  }
}
