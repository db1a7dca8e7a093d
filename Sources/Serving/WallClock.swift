internal import Scaling
internal import Telemetry
package import Time

/// The machine's clock, as schedules and forecasts mean it.
package enum WallClock {
  /// The present time. From any thread.
  package static func now() -> Instant {
    Instant(milliseconds: Logger.systemClock())
  }
}
