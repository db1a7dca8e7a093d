internal import Scaling
internal import Telemetry

/// The machine's clock, as schedules and forecasts mean it.
enum WallClock {
  static func now() -> Instant {
    Instant(milliseconds: Logger.systemClock())
  }
}
