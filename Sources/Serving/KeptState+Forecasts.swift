internal import DataSources
internal import EventLoop
internal import StateDirectory
internal import Telemetry

extension KeptState {
  /// The learnt states of forecasts, read and written on the thread of the state directory.
  func forecasts(logger: Logger, failures: Counter) -> LearntStateStore {
    let files = LearntStateFiles(directory: directory)
    loop.post {
      do throws(StateFailure) {
        try files.open()
      } catch {
        logger.warning(
          "what forecasts have learnt cannot be kept", ["problem": .describing(error)])
      }
    }
    return LearntStateStore(
      load: { [loop] fingerprint, answer in
        loop.post { answer((try? files.read(fingerprint)) ?? nil) }
      },
      save: { [loop] fingerprint, state in
        loop.post {
          do throws(StateFailure) { try files.write(fingerprint, state) } catch {
            failures.increment()
          }
        }
      })
  }
}
