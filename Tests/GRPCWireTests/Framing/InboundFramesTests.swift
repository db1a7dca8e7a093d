internal import Testing
internal import Time

@testable internal import GRPCWire

@Suite struct InboundFramesTests {
  typealias Piece = InboundFrames.Piece

  private static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
  private static let now = MonotonicTime(nanoseconds: 1_000_000_000)

  private static func frame(
    _ kind: UInt8, flags: UInt8 = 0, stream: UInt8 = 0, payload: [UInt8] = []
  ) -> [UInt8] {
    let length = [UInt8(payload.count >> 16), UInt8(payload.count >> 8 & 255)]
    return length + [UInt8(payload.count & 255), kind, flags, 0, 0, 0, stream] + payload
  }

  private static func data(_ stream: UInt8, end: Bool = false) -> [UInt8] {
    frame(0, flags: end ? 1 : 0, stream: stream, payload: [1, 2, 3])
  }

  private static func headers(_ stream: UInt8, end: Bool = false) -> [UInt8] {
    frame(1, flags: end ? 5 : 4, stream: stream, payload: [0x82])
  }

  private static func priority(_ stream: UInt8, parent: UInt8) -> [UInt8] {
    frame(2, stream: stream, payload: [0x80, 0, 0, parent, 7])
  }

  private static func reset(_ stream: UInt8) -> [UInt8] {
    frame(3, stream: stream, payload: [0, 0, 0, 8])
  }

  private static func updates(_ count: Int) -> [[UInt8]] {
    Array(repeating: frame(8, payload: [0, 0, 0, 1]), count: count)
  }

  /// Reads to the end or to a refusal.
  ///
  /// - Parameter step: how many bytes come at a time.
  /// - Returns: how many bytes were accepted, and the refusal.
  private func read(
    _ bytes: [UInt8], step: Int = .max, by frames: inout InboundFrames
  ) -> Piece {
    var accepted = 0
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start.addingReportingOverflow(step).partialValue)
      var rest = bytes[start..<(end < start ? bytes.count : end)]
      start = rest.endIndex
      while !rest.isEmpty {
        let piece = Array(rest).withUnsafeBytes { frames.next(in: $0.bytes, now: Self.now) }
        accepted += piece.count
        if piece.refusal != nil { return Piece(count: accepted, refusal: piece.refusal) }
        rest = rest.dropFirst(piece.count)
      }
    }
    return Piece(count: accepted)
  }

  private func frames(control: Int? = 10) -> InboundFrames {
    var limits = FloodGuard.Limits()
    limits.control = control
    limits.resets = 10
    return InboundFrames(limits: limits)
  }

  @Test(arguments: [1, 2, 3, 7, 9, 4096])
  func `a call is accepted, however it is cut`(step: Int) {
    var frames = frames()
    let bytes =
      Self.preface + Self.frame(4) + Self.headers(1) + Self.priority(1, parent: 0)
      + Self.data(1, end: true) + Self.frame(6, payload: Array(1...8))
    #expect(read(bytes, step: step, by: &frames) == Piece(count: bytes.count))
    let strays = frames.takeStrays()
    #expect(strays.isEmpty)
  }

  @Test(arguments: [1, 5, 4096])
  func `frames behind END_STREAM end the connection in front of them`(step: Int) {
    for late in [Self.data(1), Self.headers(1)] {
      var frames = frames()
      let bytes = Self.preface + Self.headers(1) + Self.data(1, end: true)
      let piece = read(bytes + late, step: step, by: &frames)
      #expect(piece.refusal == .error(.streamClosed))
      // What is cut off in front of the frame's own header may have been accepted.
      #expect((bytes.count..<bytes.count + 9).contains(piece.count))
    }
  }

  @Test func `END_STREAM on HEADERS counts as well`() {
    var frames = frames()
    let bytes = Self.preface + Self.headers(1, end: true) + Self.data(1)
    #expect(read(bytes, by: &frames).refusal == .error(.streamClosed))
  }

  @Test(arguments: [1, 5, 4096])
  func `frames behind RST_STREAM reset their stream`(step: Int) {
    var frames = frames()
    let bytes =
      Self.preface + Self.headers(1) + Self.reset(1) + Self.data(1) + Self.headers(1)
      + Self.reset(1)
    #expect(read(bytes, step: step, by: &frames) == Piece(count: bytes.count))
    let strays = [frames.takeStrays(), frames.takeStrays()]
    #expect(strays == [[1, 1], []])
  }

  @Test(arguments: [data(3), headers(3)])
  func `a stream that was passed over cannot be used`(late: [UInt8]) {
    var frames = frames()
    let bytes = Self.preface + Self.headers(1) + Self.headers(5)
    #expect(
      read(bytes + late, by: &frames) == Piece(count: bytes.count, refusal: .error(.protocol)))
  }

  @Test func `streams of the server's side are left to nghttp2`() {
    var frames = frames()
    let bytes = Self.preface + Self.headers(2) + Self.data(2) + Self.headers(0)
    #expect(read(bytes, by: &frames) == Piece(count: bytes.count))
  }

  @Test(arguments: [1, 2, 10, 4096])
  func `a stream cannot depend on itself`(step: Int) {
    var frames = frames()
    let bytes = Self.preface + Self.priority(3, parent: 1) + Self.priority(3, parent: 3)
    #expect(
      read(bytes, step: step, by: &frames)
        == Piece(count: bytes.count, refusal: .error(.protocol)))
  }

  @Test func `PRIORITY needs a stream`() {
    var frames = frames()
    let bytes = Self.preface + Self.priority(0, parent: 1)
    #expect(read(bytes, by: &frames).refusal == .error(.protocol))
  }

  @Test func `PRIORITY of another length is left to nghttp2`() {
    var frames = frames()
    let bytes = Self.preface + Self.frame(2, stream: 1, payload: [0, 0, 0, 1]) + Self.headers(1)
    #expect(read(bytes, by: &frames) == Piece(count: bytes.count))
  }

  @Test(
    arguments: [
      (frame(6, payload: Array(1...8)), .pings, 200), (frame(4), .settings, 10),
      (priority(9, parent: 7), .priorities, 200), (frame(0xEE), .otherFrames, 200),
      (frame(7, payload: Array(1...8)), .otherFrames, 200), (reset(1), .resets, 200),
      (frame(0, stream: 1), .emptyFrames, 200),
      (frame(0, flags: 8, stream: 1, payload: [1, 0]), .emptyFrames, 200),
      // A hundred are free, and ten for the stream.
      (frame(8, payload: [0, 0, 0, 1]), .windowUpdates, 310),
    ] as [([UInt8], ServerLimit, Int)])
  func `floods are found`(frame: [UInt8], limit: ServerLimit, count: Int) {
    var frames = frames()
    let start = Self.preface + Self.headers(1)
    let most = start + Array(repeating: frame, count: count).flatMap { $0 }
    #expect(read(most, by: &frames) == Piece(count: most.count))
    #expect(read(frame, by: &frames) == Piece(count: 0, refusal: .flood(limit)))
  }

  @Test func `DATA with data, or with END_STREAM, is no flood`() {
    var frames = frames()
    let calls = (0..<100).flatMap { number in
      Self.headers(2 * number + 1) + Self.data(2 * number + 1)
        + Self.frame(0, flags: 1, stream: 2 * number + 1)
    }
    let bytes = Self.preface + calls
    #expect(read(bytes, by: &frames) == Piece(count: bytes.count))
  }

  @Test func `DATA that was sent gives reason for window updates`() {
    var frames = frames()
    for _ in 0..<100 { frames.dataSent() }
    let bytes = Self.preface + Self.updates(1300).flatMap { $0 }
    #expect(read(bytes, by: &frames) == Piece(count: bytes.count))
    #expect(read(Self.updates(1)[0], by: &frames).refusal == .flood(.windowUpdates))
  }

  @Test func `streams that the server resets count as resets`() {
    var frames = frames()
    let counts = (0..<201).map { _ in frames.streamWasReset(now: Self.now) }
    #expect(counts.firstIndex(of: true) == 200)
  }

  @Test func `a piece ends with the first frame that makes it large`() {
    var frames = frames(control: nil)
    let ping = Self.frame(6, payload: Array(1...8))
    let bytes = Self.preface + (0..<1000).flatMap { _ in ping }
    let piece = bytes.withUnsafeBytes { frames.next(in: $0.bytes, now: Self.now) }
    let count = (4096 - 24 + 16) / 17
    #expect(piece == Piece(count: 24 + count * 17))
  }

  @Test func `a piece ends behind sixteen header blocks`() {
    var frames = frames()
    let bytes = Self.preface + (0..<20).flatMap { Self.headers(2 * $0 + 1) }
    let piece = bytes.withUnsafeBytes { frames.next(in: $0.bytes, now: Self.now) }
    #expect(piece == Piece(count: 24 + 16 * 10))
  }

  @Test func `a long frame is one piece`() {
    var frames = frames()
    let bytes =
      Self.preface + Self.headers(1)
      + Self.frame(0, stream: 1, payload: [UInt8](repeating: 0, count: 16_384)) + Self.data(1)
    let piece = bytes.withUnsafeBytes { frames.next(in: $0.bytes, now: Self.now) }
    #expect(piece == Piece(count: bytes.count - 12))
  }
}
