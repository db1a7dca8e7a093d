internal import HTTPClient
internal import Scaling
internal import Testing
internal import Time

@testable internal import DataSources

private let query = HistoryQuery(
  source: ResourceName(name: "main"),
  BuiltInForecast(
    source: "main", query: "x", threshold: 1, step: .seconds(300), leadTime: .seconds(600)))
private let midnight = Instant(milliseconds: 1_795_132_800_000)
private let first = 1_795_132_800 / 300

/// A track that begins at a UTC midnight.
private func track(_ ahead: Duration) -> (HistoryTrack, Instant) {
  let now = midnight.advanced(by: ahead)
  return (HistoryTrack(query, next: first, now: now), now)
}

struct HistoryTrackTests {
  @Test func `A history is asked for a day at once, oldest first, and then bucket by bucket`() {
    var (track, now) = track(.seconds(2 * 86_400 + 630))
    #expect(track.isLearning)
    var pieces: [Range<Int>] = []
    while track.isDue(at: now) {
      let piece = track.fetchBegan(at: now)
      pieces.append(piece)
      #expect(track.isFetching)
      let values = [Double?](repeating: 1, count: piece.count)
      #expect(track.answered(.whole(values)) == .learn(values))
    }
    #expect(pieces == [first..<first + 288, first + 288..<first + 576, first + 576..<first + 578])
    #expect(!track.isLearning)
    // The next bucket counts once it is 30 seconds old.
    #expect(track.due == midnight.advanced(by: .seconds(2 * 86_400 + 930)))
    now = track.due.advanced(by: .milliseconds(-1))
    #expect(!track.isDue(at: now))
    now = track.due
    #expect(track.fetchBegan(at: now) == first + 578..<first + 579)
  }

  @Test func `A piece that is partial is asked for three times, and is missing then`() {
    var (track, now) = track(.seconds(86_430))
    for _ in 0..<2 {
      #expect(track.fetchBegan(at: now) == first..<first + 288)
      #expect(track.answered(.partial("a store is away")) == .wait)
    }
    _ = track.fetchBegan(at: now)
    #expect(
      track.answered(.partial("a store is away"))
        == .learn([Double?](repeating: nil, count: 288)))
    #expect(!track.isLearning)
    now = now.advanced(by: .seconds(300))
    #expect(track.fetchBegan(at: now) == first + 288..<first + 289)
  }

  @Test func `A piece that fails three times is missing where the source has the newest bucket`() {
    var (track, now) = track(.seconds(3 * 86_400 + 30))
    for _ in 0..<3 {
      #expect(track.fetchBegan(at: now) == first..<first + 288)
      track.failed()
    }
    #expect(track.failures == 3)
    #expect(track.fetchBegan(at: now) == first + 863..<first + 864)
    #expect(track.answered(.whole([7])) == .learn([Double?](repeating: nil, count: 288)))
    #expect(track.failures == 0)
    now = now.advanced(by: .seconds(1))
    #expect(track.fetchBegan(at: now) == first + 288..<first + 576)
  }

  @Test func `While the source is lost nothing is given up, and the gap is fetched first`() {
    var (track, now) = track(.seconds(86_430))
    _ = track.fetchBegan(at: now)
    _ = track.answered(.whole(Array(repeating: 1, count: 288)))
    // It is lost for two hours.
    for minute in stride(from: 5, to: 125, by: 5) {
      now = midnight.advanced(by: .seconds(86_430 + Int64(minute) * 60))
      _ = track.fetchBegan(at: now)
      track.failed()
    }
    #expect(track.next == first + 288)
    while case let piece = track.fetchBegan(at: now), piece.lowerBound != track.next {
      track.failed()
    }
    let values = [Double?](repeating: 2, count: 24)
    #expect(track.answered(.whole(values)) == .learn(values))
    #expect(track.next == first + 288 + 24)
  }

  @Test func `A history begins at a UTC midnight`() {
    let now = midnight.advanced(by: .seconds(7 * 3600 + 11))
    #expect(query.first(history: .seconds(86_400), at: now) == first - 288)
    #expect(query.first(history: .seconds(28 * 86_400), at: midnight) == first - 28 * 288)
  }

  @Test func `Those who want the newest bucket come first, and those who have begun before others`()
  {
    var line = HistoryLine()
    for track in 1...6 { line.wait(track, isLearning: true, hasBegun: false) }
    #expect((0..<4).map { _ in line.admit() } == [1, 2, 3, 4])
    #expect(line.admit() == nil)
    line.left()
    line.wait(1, isLearning: true, hasBegun: true)
    line.wait(9, isLearning: false, hasBegun: true)
    #expect(line.admit() == 9)
    line.left()
    #expect(line.admit() == 1)
    line.left()
    #expect(line.admit() == 5)
  }
}

struct HistoryAnswerTests {
  private static let source = DataSource(
    name: ResourceName(name: "main"), kind: .prometheus, address: "http://127.0.0.1:9090")

  private func answer(
    _ body: String, status: Int = 200, accepting: Bool = false
  ) throws(FetchFailure) -> HistoryAnswer {
    var source = Self.source
    source.acceptsPartialAnswers = accepting
    return try HistoryAnswer(
      HTTPResponse(status: status, body: Array(body.utf8)), to: query, first..<first + 4,
      from: SourceEndpoint(source))
  }

  private func matrix(_ series: String, _ more: String = "") -> String {
    #"{"status":"success"\#(more),"data":{"resultType":"matrix","result":[\#(series)]}}"#
  }

  private let series =
    #"{"metric":{},"values":[[1795133100,"1"],[1795133400,"NaN"],[1795133701,"3"],[1795134000,"-4"],[1795132800,"9"]]}"#

  @Test func `A value belongs to the bucket that ends with it, and what is no load is missing`()
    throws
  {
    #expect(try answer(matrix(series)) == .whole([1, nil, nil, nil]))
    #expect(try answer(matrix("")) == .whole([nil, nil, nil, nil]))
  }

  @Test func `An answer that the server calls partial is none, unless the source accepts it`()
    throws
  {
    let body = matrix(series, #","warnings":["a store is away"]"#)
    #expect(
      try answer(body) == .partial("http://127.0.0.1:9090 answered in part: a store is away"))
    #expect(try answer(body, accepting: true) == .whole([1, nil, nil, nil]))
  }

  @Test(arguments: [
    (
      200,
      #"{"status":"success","data":{"resultType":"matrix","result":[{"values":[]},{"values":[]}]}}"#,
      "2 series"
    ),
    (200, #"{"status":"success","data":{"resultType":"vector","result":[]}}"#, "expected a matrix"),
    (400, #"{"status":"error","errorType":"bad_data","error":"parse error"}"#, "parse error"),
    (503, "gone", "HTTP 503"), (200, "<html>", "not a query result"),
  ])
  func `Other answers are failures that say why`(status: Int, body: String, reason: String) {
    let failure = #expect(throws: FetchFailure.self) { try self.answer(body, status: status) }
    #expect(failure?.message.contains(reason) == true, "\(failure?.message ?? "")")
  }
}
