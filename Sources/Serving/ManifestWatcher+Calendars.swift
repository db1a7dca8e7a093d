internal import DataSources
internal import EventLoop
internal import Manifests
internal import Scaling
internal import StateDirectory
internal import Telemetry
internal import Time

/// The calendars that manifests define: read on this loop, kept in the state directory, and put into the
/// policies that name them.
extension ManifestWatcher {
  /// Reads the manifests, and once more with the calendars that they define.
  func update(with contents: [DirectoryContents]) -> ManifestUpdate {
    let now = WallClock.now()
    let update = store.update(contents, now: now)
    guard readsCalendars(of: update.catalog) else { return update }
    var again = store.update(contents, now: now)
    again.hasChanged = again.hasChanged || update.hasChanged
    again.accepted.formUnion(update.accepted)
    again.gone = update.gone + again.gone
    return again
  }

  /// - Returns: whether what is known of them has changed.
  private func readsCalendars(of catalog: Catalog) -> Bool {
    guard calendars != nil || !catalog.calendars.isEmpty else { return false }
    do throws(EventLoopError) {
      let desk: CalendarDesk
      if let calendars { desk = calendars } else { desk = try makeCalendarDesk() }
      calendars = desk
      forgetCalendars(notIn: catalog)
      guard try desk.update(catalog.calendars, kept: { keptCalendars[Self.path(of: $0)] }) else {
        return false
      }
      store.calendars = desk.contents
      return true
    } catch {
      logger.error("calendars cannot be read", ["problem": .describing(error)])
      return false
    }
  }

  private func makeCalendarDesk() throws(EventLoopError) -> CalendarDesk {
    try CalendarDesk(
      loop: loop, userAgent: Server.userAgent, zones: zones, wallClock: WallClock.now,
      environment: Server.cloudEnvironment, metrics: metrics
    ) { [unowned self] source, bytes in
      self.assumeIsolated { $0.calendarChanged(source, bytes) }
    }
  }

  private func calendarChanged(_ source: CalendarSource, _ bytes: [UInt8]?) {
    if let bytes, case .server = source.origin {
      let path = Self.path(of: source)
      keptCalendars[path] = bytes
      keepFiles?([path: KeptFile(calendar: path, content: bytes)])
    }
    store.calendars = calendars?.contents ?? [:]
    readAgain()
  }

  private func forgetCalendars(notIn catalog: Catalog) {
    let used = Set(catalog.calendars.values.map { Self.path(of: $0) })
    // Before the first reading of everything it is not known what is used.
    guard handsOn else { return }
    var gone: [String: KeptFile?] = [:]
    for path in keptCalendars.keys where !used.contains(path) {
      gone.updateValue(nil, forKey: path)
      keptCalendars[path] = nil
    }
    if !gone.isEmpty { keepFiles?(gone) }
  }

  /// Calls once every calendar has been read, or could not be.
  func whenCalendarsSettled(_ action: @escaping @Sendable () -> Void) {
    guard let calendars else { return action() }
    calendars.whenSettled(action)
  }

  /// What is kept of it, by where it comes from: another address is another calendar. A hash, because an
  /// address may be a secret.
  private static func path(of source: CalendarSource) -> String {
    guard case .server(let server) = source.origin else { return "calendar \(source.name)" }
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in server.address.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return "calendar \(source.name) \(String(hash, radix: 16))"
  }
}
