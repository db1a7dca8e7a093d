package import EventLoop
internal import HTTPClient
package import Scaling
package import Telemetry
package import Time

/// Keeps what is known of the calendars up to date: reads each at once, and then again and again.
/// While one cannot be read, what it said last stays.
///
/// Confined to its loop, which is not the one that decides: laying out a calendar of thousands of events
/// takes a moment.
package final class CalendarDesk {
  private let loop: EventLoop
  private let client: HTTPClient
  private let zones: any TimeZoneDatabase
  private let wallClock: () -> Instant
  private let environment: CloudEnvironment
  private let metrics: HeadstartMetrics
  private let onChange: (CalendarSource, [UInt8]?) -> Void
  private var entries: [ResourceName: Entry] = [:]
  private var waiting: [() -> Void] = []

  private final class Entry {
    var reader: CalendarReader
    /// Nil for a file.
    let client: AuthorizedClient?
    var content = CalendarContent()
    /// What the content was read from.
    var bytes: [UInt8]?
    /// Whether it was asked for and has been answered, or has failed.
    var isSettled = false
    var timer: LoopTimer?
    var call: AuthorizedCall?

    init(_ reader: CalendarReader, client: AuthorizedClient?) {
      self.reader = reader
      self.client = client
    }
  }

  /// After a failure; or its own interval, where that is shorter.
  private static let retry = Duration.seconds(60)

  /// - Parameters:
  ///   - environment: In which clouds say who this workload is.
  ///   - onChange: Called on the loop, never from within a call of the desk, when what is known of a
  ///     calendar has changed; with the bytes where those have.
  package init(
    loop: EventLoop, userAgent: String, zones: any TimeZoneDatabase,
    wallClock: @escaping () -> Instant, environment: CloudEnvironment = CloudEnvironment(),
    metrics: HeadstartMetrics, onChange: @escaping (CalendarSource, [UInt8]?) -> Void
  ) throws(EventLoopError) {
    self.loop = loop
    self.zones = zones
    self.wallClock = wallClock
    self.environment = environment
    self.metrics = metrics
    self.onChange = onChange
    client = try HTTPClient(loop: loop, userAgent: userAgent)
  }

  /// What is known of each calendar that was asked for.
  package var contents: [ResourceName: CalendarContent] {
    entries.filter { $0.value.isSettled || $0.value.content.events != nil }
      .mapValues(\.content)
  }

  /// Reads these from now on, and no others.
  ///
  /// - Parameter kept: the bytes that an earlier process read last.
  /// - Returns: whether `contents` are others than before.
  package func update(
    _ calendars: [ResourceName: CalendarSource], kept: (CalendarSource) -> [UInt8]?
  ) throws(EventLoopError) -> Bool {
    var hasChanged = false
    for (name, entry) in entries where calendars[name] == nil {
      close(entry)
      entries[name] = nil
      metrics.calendarRead.remove([name.description])
      hasChanged = true
    }
    for (name, source) in calendars where entries[name]?.reader.source != source {
      let entry = Entry(
        CalendarReader(source, zones: zones),
        client: source.client(client, environment: environment, wallClock: wallClock))
      if let old = entries[name] {
        close(old)
        // Until its new form has been read once, what the old one said stays.
        entry.content.events = old.content.events
      }
      if let bytes = kept(source) {
        let content = entry.reader.content(of: bytes)
        if content.events != nil {
          entry.content = content
          entry.bytes = bytes
        }
      }
      entries[name] = entry
      entry.timer = try LoopTimer(on: loop) { [unowned self, unowned entry] in read(entry) }
      if let file = entry.reader.fileBytes() {
        _ = settle(entry, file)
      } else {
        entry.timer?.start(after: .zero)
      }
      hasChanged = true
    }
    reportSettled()
    return hasChanged
  }

  /// Calls once every calendar has been read, or could not be.
  package func whenSettled(_ action: @escaping () -> Void) {
    waiting.append(action)
    reportSettled()
  }

  package func shutDown() {
    for entry in entries.values { close(entry) }
    entries = [:]
    client.shutdown()
  }

  private func close(_ entry: Entry) {
    entry.timer = nil
    entry.call?.cancel()
    entry.call = nil
  }

  private func reportSettled() {
    guard !waiting.isEmpty, entries.values.allSatisfy(\.isSettled) else { return }
    let actions = waiting
    waiting = []
    for action in actions { action() }
  }

  // MARK: Reading

  private func read(_ entry: Entry) {
    if let file = entry.reader.fileBytes() {
      take(entry, file)
      return
    }
    do throws(FetchFailure) {
      guard let request = try entry.reader.request(), let client = entry.client else { return }
      entry.call = try client.send(request) { [unowned self, unowned entry] answer in
        entry.call = nil
        take(entry, entry.reader.bytes(of: answer))
      }
    } catch {
      take(entry, .failure(CalendarFailure(error.message)))
    }
  }

  private func take(_ entry: Entry, _ answer: Result<[UInt8], CalendarFailure>) {
    let before = entry.bytes
    let isNews = settle(entry, answer)
    if isNews { onChange(entry.reader.source, entry.bytes == before ? nil : entry.bytes) }
    reportSettled()
  }

  /// - Returns: whether what is known has changed.
  private func settle(_ entry: Entry, _ answer: Result<[UInt8], CalendarFailure>) -> Bool {
    let isFirst = !entry.isSettled
    entry.isSettled = true
    let before = entry.content
    switch answer {
    case .success(let bytes) where bytes == entry.bytes: entry.content.problem = nil
    case .success(let bytes):
      let content = entry.reader.content(of: bytes)
      if content.events == nil {
        entry.content.problem = content.problem
      } else {
        entry.content = content
        entry.bytes = bytes
      }
    case .failure(let failure): entry.content.problem = failure.sentence
    }
    let interval = entry.reader.source.refresh
    let isRead = entry.content.problem == nil
    if isRead {
      let seconds = Double(wallClock().milliseconds / 1000)
      metrics.calendarRead.with([entry.reader.source.name.description]).set(seconds)
    }
    entry.timer?.start(after: isRead ? interval : min(interval, Self.retry))
    return isFirst || entry.content != before
  }
}
