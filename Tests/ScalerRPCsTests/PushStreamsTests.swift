internal import HTTP2Server
internal import Testing
internal import Time

@testable internal import ScalerRPCs

@Suite struct PushStreamsTests {
  private typealias Streams = PushStreams<String>

  /// A clock that goes on when a test says so.
  private var now = Duration.seconds(100)

  private func rpc(_ stream: Int32) -> RPCID { RPCID(connection: 1, stream: stream) }

  @Test(arguments: [Streams.Activity.inactive, .unknown])
  func `a stream of an object that is not active gets nothing on open`(
    _ activity: PushStreams<String>.Activity
  ) {
    var streams = Streams()
    streams.opened(rpc(1), of: "web")
    #expect(streams.update("web", to: activity, at: now) == [])
    #expect(streams.nextRepeat == nil)
  }

  @Test func `an active object is pushed once to each stream that opens`() {
    var streams = Streams()
    streams.opened(rpc(1), of: "web")
    #expect(streams.update("web", to: .active, at: now) == [rpc(1)])
    streams.opened(rpc(3), of: "web")
    #expect(streams.update("web", to: .active, at: now) == [rpc(3)])
    #expect(streams.update("web", to: .active, at: now) == [])
  }

  @Test func `every rising edge is pushed to all streams of the object, and to no other`() {
    var streams = Streams()
    streams.opened(rpc(1), of: "web")
    streams.opened(rpc(3), of: "web")
    streams.opened(rpc(5), of: "shop")
    for _ in 0..<3 {
      #expect(streams.update("web", to: .inactive, at: now) == [])
      #expect(Set(streams.update("web", to: .active, at: now)) == [rpc(1), rpc(3)])
    }
    #expect(streams.update("api", to: .active, at: now) == [])
    #expect(!streams.isWatched("api"))
  }

  @Test func `a signal that is lost and comes back is no rising edge`() {
    var streams = Streams()
    streams.opened(rpc(1), of: "web")
    #expect(streams.update("web", to: .active, at: now) == [rpc(1)])
    #expect(streams.update("web", to: .unknown, at: now) == [])
    #expect(streams.update("web", to: .active, at: now) == [])
    #expect(streams.update("web", to: .inactive, at: now) == [])
    #expect(streams.update("web", to: .unknown, at: now) == [])
    #expect(streams.update("web", to: .active, at: now) == [rpc(1)])
  }

  @Test mutating func `a rising edge is repeated after 1 s and 5 s, and not again`() {
    var streams = Streams()
    streams.opened(rpc(1), of: "web")
    let edge = now
    _ = streams.update("web", to: .active, at: edge)
    for delay in [Duration.seconds(1), .seconds(5)] {
      #expect(streams.nextRepeat == edge + delay)
      now = edge + delay - .nanoseconds(1)
      #expect(streams.popRepeats(at: now) == [])
      now = edge + delay
      #expect(streams.popRepeats(at: now) == [rpc(1)])
      #expect(streams.popRepeats(at: now) == [])
    }
    #expect(streams.nextRepeat == nil)
  }

  @Test(arguments: [Streams.Activity.inactive, .unknown])
  mutating func `nothing is repeated while the object is not active`(
    _ activity: PushStreams<String>.Activity
  ) {
    var streams = Streams()
    streams.opened(rpc(1), of: "web")
    _ = streams.update("web", to: .active, at: now)
    _ = streams.update("web", to: activity, at: now)
    now += .seconds(1)
    #expect(streams.popRepeats(at: now) == [])
    // The second repeat finds it active again.
    _ = streams.update("web", to: .active, at: now)
    now += .seconds(4)
    #expect(Set(streams.popRepeats(at: now)) == [rpc(1)])
  }

  @Test mutating func `the repeats of several streams come in their order`() {
    var streams = Streams()
    let start = now
    for number in Int32(0)..<4 {
      streams.opened(rpc(number), of: "web")
      #expect(streams.update("web", to: .active, at: now) == [rpc(number)])
      now += .milliseconds(300)
    }
    now = start + .milliseconds(1_300)
    #expect(streams.popRepeats(at: now) == [rpc(0), rpc(1)])
    #expect(streams.nextRepeat == start + .milliseconds(1_600))
    now = start + .seconds(10)
    #expect(streams.popRepeats(at: now) == [2, 3, 0, 1, 2, 3].map { rpc($0) })
  }

  @Test mutating func `a stream that has ended gets nothing more, and leaves nothing`() {
    var streams = Streams()
    streams.opened(rpc(1), of: "web")
    streams.opened(rpc(3), of: "web")
    _ = streams.update("web", to: .active, at: now)
    streams.ended(rpc(1))
    #expect(streams.streams(of: "web") == [rpc(3)])
    now += .seconds(1)
    #expect(streams.popRepeats(at: now) == [rpc(3)])
    streams.ended(rpc(3))
    streams.ended(rpc(3))
    #expect(!streams.isWatched("web"))
    #expect(streams.update("web", to: .active, at: now) == [])
    now += .seconds(4)
    #expect(streams.popRepeats(at: now) == [])
    #expect(streams.nextRepeat == nil)
  }
}
