internal import CivilTime
internal import DataSources
internal import EventLoop
internal import Scaling
internal import Telemetry

extension Server {
  /// Who learns the loads that policies want forecast.
  func forecastLearning(
    on loop: EventLoop, _ zones: CCTZDatabase, _ kept: KeptState?,
    _ exchange: MemoryExchange?, onReading: @escaping @Sendable (Feed, Reading) -> Void
  ) -> ForecastLearning {
    var learning = ForecastLearning.Configuration(
      userAgent: Self.userAgent, zones: zones, wallClock: WallClock.now, logger: logger,
      metrics: metrics, onReading: onReading)
    learning.environment = Self.cloudEnvironment
    learning.store = kept?.forecasts(logger: logger, failures: metrics.stateWriteFailures)
    learning.peers = exchange.map { exchange in
      LearntStatePeers { fingerprints, answer in
        exchange.loop.post {
          exchange.assumeIsolated { $0.askForStates(fingerprints, completion: answer) }
        }
      }
    }
    return ForecastLearning(loop: loop, configuration: learning)
  }
}
