internal import Scaling
internal import TestKit
internal import Testing
internal import Time

@testable internal import DataSources

struct ForecastDirectoryTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func answer(
    _ workload: String, loads: Bool = false
  ) throws(FetchFailure) -> ForecastSeries? {
    let feed = Feed.forecast(
      source: ResourceName(name: "nightly"), workload: workload, loads: loads)
    guard
      case .forecast(let forecast) = try ForecastDirectory.answer(
        to: .feed(feed), in: folder.path)
    else { return nil }
    return forecast.series
  }

  private func failure(_ workload: String) -> FetchFailure? {
    do {
      _ = try answer(workload)
      return nil
    } catch {
      return error
    }
  }

  private static let snapshot = """
    {"workload":"web","generatedAt":"2026-11-20T22:00:00Z","stepSeconds":3600,"values":[5.5,0],\
    "desiredReplicas":[3,4]}
    """

  @Test func `A file is a snapshot of its workload`() throws {
    _ = try folder.write("web.json", Self.snapshot)
    let series = try #require(try answer("web"))
    #expect(series.replicas == [3, 4])
    #expect(series.step == .seconds(3600))
    #expect(series.loads.isEmpty)
    #expect(try answer("web", loads: true)?.loads == [5.5, 0])
  }

  @Test func `Loads alone are enough where they count`() throws {
    _ = try folder.write(
      "web.json", #"{"generatedAt":"2026-11-20T22:00:00Z","stepSeconds":60,"values":[1,2,3]}"#)
    #expect(try answer("web", loads: true)?.loads == [1, 2, 3])
    #expect(failure("web")?.reason == .decode)
  }

  @Test(arguments: ["[1,-1]", "[1,1e999]", "[]", "null", "3"])
  func `Loads that make no sense are refused`(_ values: String) throws {
    _ = try folder.write(
      "web.json",
      #"{"generatedAt":"2026-11-20T22:00:00Z","stepSeconds":60,"values":\#(values)}"#)
    #expect(throws: FetchFailure.self) { try answer("web", loads: true) }
  }

  @Test func `A workload without a file is silent`() {
    #expect(failure("web")?.kind == .silent)
    #expect(failure("web")?.message.contains("web.json") == true)
  }

  @Test(arguments: ["../web", "a/b", ".hidden", "", ".."])
  func `No workload leads out of the directory`(_ workload: String) throws {
    _ = try folder.write("web.json", Self.snapshot)
    #expect(failure(workload)?.reason == .noForecast)
  }

  @Test func `What is no forecast is refused, and so is one of another workload`() throws {
    _ = try folder.write("api.json", Self.snapshot)
    #expect(failure("api")?.message.contains("another workload") == true)
    _ = try folder.write("text.json", "replicas: 3")
    #expect(failure("text")?.reason == .decode)
    #expect(failure("text")?.kind == .invalid)
  }
}
