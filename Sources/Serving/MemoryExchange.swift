internal import Configuration
internal import DataSources
internal import EventLoop
internal import HTTPClient
internal import Scaling
internal import StateDirectory
internal import Synchronization
internal import Telemetry
internal import Time

/// Asks the other replicas what policies last asked, what manifests were last good with, and what
/// forecasts have learnt.
///
/// Calls from the control loop; what comes back is read on another loop, because it may be long. No
/// loop waits for a peer.
actor MemoryExchange {
  nonisolated let loop: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

  private let reader: EventLoop
  private let configuration: ServeConfiguration
  private let identity: String
  private let logger: Logger
  private let calls: CounterFamily
  private var peers: PeerCaller?
  private var troubles: [String: LogLimiter<Instant>] = [:]

  /// By the texts of policies' keys.
  typealias Memories = [String: PolicyMemory]

  /// How long a start waits for the other replicas.
  static let startLimit = Duration.seconds(2)
  /// A peer that is silent must not cost what the others have said.
  private static let startCallLimit = Duration.milliseconds(1750)
  /// A peer that does not answer by then is asked again with the next refresh.
  private static let limit = Duration.seconds(5)
  /// Longer questions ask for everything.
  private static let longestQuestion = 4000

  /// - Parameters:
  ///   - reader: reads the answers.
  ///   - identity: differs from every other replica's.
  init(
    loop: EventLoop, reader: EventLoop, configuration: ServeConfiguration, identity: String,
    logger: Logger, metrics: HeadstartMetrics
  ) {
    self.loop = loop
    self.reader = reader
    self.configuration = configuration
    self.identity = identity
    self.logger = logger
    calls = metrics.peerMemoryCalls
  }

  func start() throws(EventLoopError) {
    peers = try PeerCaller(loop: loop, configuration: configuration, identity: identity)
  }

  func shutDown() {
    peers?.shutDown()
    peers = nil
  }

  /// Asks for everything, at a start.
  ///
  /// - Parameter completion: called once, on another loop, with what each peer remembers.
  func askForAll(completion: @escaping @Sendable ([Memories]) -> Void) {
    ask(
      "/api/v1/memory", limit: Self.startCallLimit, reading: Self.memories,
      completion: completion)
  }

  /// Asks for what has just been read of some policies.
  func ask(_ keys: [String], completion: @escaping @Sendable ([Memories]) -> Void) {
    ask(
      "/api/v1/memory?state=fresh" + Self.parameter("&policy", keys), limit: Self.limit,
      reading: Self.memories, completion: completion)
  }

  /// Asks for the last good content of manifest files that are broken, at a start.
  ///
  /// - Parameters:
  ///   - paths: as this process names them, and another that mounts the same files.
  ///   - completion: called once, on another loop, with what each peer has of them.
  func askForFiles(_ paths: [String], completion: @escaping @Sendable ([[KeptFile]]) -> Void) {
    ask(
      "/api/v1/memory/files" + Self.parameter("?path", paths), limit: Self.startCallLimit,
      reading: { (body, _, _) throws(JSONError) in try FileReport.files(in: body) },
      completion: completion)
  }

  /// Asks for what forecasts have learnt.
  ///
  /// - Parameter completion: called once, on another loop, with what each peer has of them.
  func askForStates(
    _ fingerprints: [UInt64], completion: @escaping @Sendable ([LearntStatePeers.Answer]) -> Void
  ) {
    let names = fingerprints.map { String($0, radix: 16) }
    ask(
      "/api/v1/memory/forecasts" + Self.parameter("?id", names), limit: Self.limit,
      maximumSize: LearntStateReport.maximumBytes,
      reading: { (body, address, _) throws(JSONError) in
        LearntStatePeers.Answer(
          address: address, states: try LearntStateReport.states(in: body))
      },
      completion: completion)
  }

  private static func memories(
    in body: [UInt8], of address: String, asked: Instant
  ) throws(JSONError) -> Memories {
    try MemoryReport.policies(in: body, at: asked).mapValues {
      $0.learnt(from: address, at: asked)
    }
  }

  /// One name to a line. Nothing for names that are too many: all is asked for then.
  private static func parameter(_ key: String, _ names: [String]) -> String {
    let lines = names.sorted().joined(separator: "\n")
    guard lines.utf8.count <= longestQuestion else { return "" }
    return "\(key)=\(PercentEncoding.encode(lines))"
  }

  /// Reads one peer's answer. Its ages count from when it was asked: what it has read may have been on
  /// its way for seconds, and must not count as newer than what was read here meanwhile.
  private typealias Reading<Value> =
    @Sendable (_ body: [UInt8], _ address: String, _ asked: Instant) throws(JSONError) -> Value

  private func ask<Value: Sendable>(
    _ target: String, limit: Duration, maximumSize: Int = MemoryReport.maximumBytes,
    reading: @escaping Reading<Value>,
    completion: @escaping @Sendable ([Value]) -> Void
  ) {
    let call = PeerCaller.Call(
      method: .get, target: target, limit: limit, maximumResponseSize: maximumSize)
    guard let peers else { return completion([]) }
    let asked = WallClock.now()
    peers.callAll(call) { [weak self] answers in
      guard let self else { return completion([]) }
      self.assumeIsolated { $0.read(answers, asked: asked, reading, completion) }
    }
  }

  private func read<Value: Sendable>(
    _ answers: [PeerCaller.Answer], asked: Instant, _ reading: @escaping Reading<Value>,
    _ completion: @escaping @Sendable ([Value]) -> Void
  ) {
    let now = WallClock.now()
    // The clock may have been set back since.
    let asked = min(asked, now)
    let bodies = answers.compactMap { answer -> (address: String, body: [UInt8])? in
      switch answer.result {
      case .failure(let problem):
        failed(answer.address, problem.sentence, at: now)
        return nil
      // This very process.
      case .success(let response) where response.status == 204: return nil
      case .success(let response) where response.status == 200:
        return (answer.address, response.body)
      case .success(let response):
        failed(answer.address, "HTTP status \(response.status)", at: now)
        return nil
      }
    }
    reader.post { [loop] in
      var values: [Value] = []
      var read: [(address: String, problem: JSONError?)] = []
      for (address, body) in bodies {
        do throws(JSONError) {
          values.append(try reading(body, address, asked))
          read.append((address, nil))
        } catch {
          read.append((address, error))
        }
      }
      loop.post { [read] in self.assumeIsolated { $0.note(read, at: now) } }
      completion(values)
    }
  }

  private func note(_ read: [(address: String, problem: JSONError?)], at now: Instant) {
    for (address, problem) in read {
      guard let problem else {
        calls.with(["answered"]).increment()
        troubles[address] = nil
        continue
      }
      failed(address, "its answer cannot be read: \(problem)", at: now)
    }
  }

  /// Said once in ten minutes for each peer: replicas come and go.
  private func failed(_ address: String, _ problem: String, at now: Instant) {
    calls.with(["failed"]).increment()
    if troubles.count > 200 { troubles = [:] }
    guard
      case .log = troubles[address, default: LogLimiter(interval: .seconds(600))].occurred(at: now)
    else { return }
    logger.info(
      "another replica does not say what it knows",
      ["peer": .string(address), "problem": .string(problem)])
  }
}
