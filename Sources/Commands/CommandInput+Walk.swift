internal import CivilTime
internal import Configuration
internal import Forecasting
internal import Planning
internal import Scaling
internal import Time

extension CommandInput {
  /// A built-in forecast over the whole of a load: at every instant it knows what the server would
  /// have known.
  ///
  /// - Parameter delay: How much later than the load its metrics show it.
  static func walk(
    _ model: BuiltInForecast, over history: LoadHistory, delay: Duration = .zero,
    zones: any TimeZoneDatabase, progress: (Double) -> Void
  ) throws(UsageError) -> WalkedForecast {
    let day = Duration.seconds(86_400)
    let changes =
      zones.timeZone(named: model.timeZone)?.offsets(
        from: history.start.advanced(by: .zero - day * 9),
        to: history.end.advanced(by: day * 2)) ?? []
    do {
      return try WalkedForecast(
        model, over: history, delay: delay,
        clock: LocalClock(step: Int(model.step.components.seconds), changes: changes),
        progress: progress)
    } catch {
      throw UsageError("\(error)")
    }
  }
}
