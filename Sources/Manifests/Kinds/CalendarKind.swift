internal import Scaling

/// `Calendar` of `headstart.dev/v1alpha1`: an iCalendar file, or the address of one.
enum CalendarKind: ManifestKind {
  static let apiVersion = "headstart.dev/v1alpha1"
  static let kind = "Calendar"

  static func decode(
    spec: ManifestFields, metadata: ObjectMetadata, decoder: ManifestDecoder
  ) -> ManifestObject? {
    let file = spec.optional("file")
    let address = spec.optional("address")
    if file == nil, address == nil {
      spec.value.error(
        "expected file or address, found neither; write file: /etc/calendars/holidays.ics, or"
          + " address: https://calendars.example.com/holidays.ics")
    } else if let file, address != nil {
      file.error("address is given too; a calendar has exactly one of file and address")
    }
    var source = CalendarSource(name: metadata.name, origin: .file(""))
    source.timeZone = spec.optional("timeZone").flatMap { $0.timeZone(decoder.zones) }
    let refresh = spec.optional("refresh")?.duration(in: ManifestLimits.refresh)
    if let file {
      source.refresh = refresh ?? CalendarSource.Defaults.fileRefresh
      source.origin = .file(file.absolutePath() ?? "")
      ServerFields.warnOfNoEffect(spec, on: "a file")
    } else {
      source.refresh = refresh ?? CalendarSource.Defaults.refresh
      source.origin = .server(
        server(spec, metadata.name, address: address?.fileAddress(), source.refresh))
    }
    spec.reportUnknown()
    return ManifestObject(
      content: .calendar(source), position: metadata.position, references: [])
  }

  private static func server(
    _ spec: ManifestFields, _ name: ResourceName, address: String?, _ refresh: Duration
  ) -> DataSource {
    let field = spec.optional("timeout")
    let timeout = field?.duration(in: ManifestLimits.timeout)
    if let field, let timeout, timeout > refresh {
      field.warnOfLength(timeout, refresh: refresh)
    }
    var server = DataSource(
      name: name, kind: .forecaster, address: address ?? "",
      timeout: timeout ?? min(CalendarSource.Defaults.timeout, refresh), refresh: refresh)
    ServerFields.decode(spec, into: &server, address: address)
    return server
  }
}

extension ManifestValue {
  fileprivate func absolutePath() -> String? {
    let expected = "the absolute path of an iCalendar file, such as /etc/calendars/holidays.ics"
    guard let text = text(expected: expected) else { return nil }
    guard text.hasPrefix("/"), text.utf8.count > 1 else {
      error(expected: expected)
      return nil
    }
    return text
  }

  /// The URL of a file, with its query: many services have the name of a calendar there, or a secret.
  fileprivate func fileAddress() -> String? {
    let expected =
      "the address of an iCalendar file such as https://calendars.example.com/holidays.ics"
    guard let text = text(expected: expected) else { return nil }
    guard let problem = AddressProblem(of: text, withQuery: true) else { return text }
    // The text may be a secret and is not shown.
    if case .scheme(let scheme?) = problem, ["webcal", "webcals"].contains(scheme.lowercased()) {
      error("expected \(expected); write https:// in place of \(scheme.lowercased())://")
    } else {
      error("expected \(expected); \(problem.sentence)")
    }
    return nil
  }
}
