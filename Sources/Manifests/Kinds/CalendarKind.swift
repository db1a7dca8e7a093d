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
      let names: [StaticString] = [
        "headers", "bearerTokenFile", "basicAuth", "caFile", "clientCertificateFile",
        "clientKeyFile", "timeout",
      ]
      for name in names { spec.optional(name)?.warning("has no effect on a file") }
    } else {
      source.refresh = refresh ?? CalendarSource.Defaults.refresh
      source.origin = .server(
        server(spec, metadata.name, address: address?.serverAddress() ?? "", source.refresh))
    }
    spec.reportUnknown()
    return ManifestObject(
      content: .calendar(source), position: metadata.position, references: [])
  }

  private static func server(
    _ spec: ManifestFields, _ name: ResourceName, address: String, _ refresh: Duration
  ) -> DataSource {
    let bearer = spec.optional("bearerTokenFile")
    let basic = spec.optional("basicAuth")
    if bearer != nil, let basic {
      basic.error("bearerTokenFile is given too; a request can carry only one of them")
    }
    let timeout = spec.optional("timeout")?.duration(in: ManifestLimits.timeout)
    // Like a forecaster's, the address is taken as it is.
    var server = DataSource(
      name: name, kind: .forecaster, address: address,
      timeout: timeout ?? min(CalendarSource.Defaults.timeout, refresh), refresh: refresh)
    let authorization = bearer != nil ? "bearerTokenFile" : basic != nil ? "basicAuth" : nil
    server.headers =
      spec.optional("headers")?.headers(of: authorization.map { .sourceWith($0) } ?? .source)
      ?? [:]
    server.bearerTokenFile = bearer?.text(expected: "the path of a file")
    server.basicAuth = basic.flatMap(DataSourceKind.basicAuth)
    let files = DataSourceKind.tlsFiles(spec, address: address)
    server.caFile = files.authority
    server.clientCertificateFile = files.certificate
    server.clientKeyFile = files.key
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
}
