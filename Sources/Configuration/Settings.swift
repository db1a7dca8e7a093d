internal import EventLoop
internal import Manifests
internal import Scaling
internal import TLS
internal import Time

/// Flags, and the environment behind them.
struct Settings {
  let flags: FlagParser<ServeFlag>
  let environment: [String: String]

  /// The last value given; nil where neither flag nor variable is. An empty variable counts as
  /// none, as in Kedastral.
  subscript(flag: ServeFlag) -> Setting? {
    if let value = flags.values[flag]?.last {
      return Setting(
        name: "flag --\(flag.rawValue)", value: value,
        expected: flag.row.kind.placeholder ?? "true|false")
    }
    guard let value = environment[flag.environmentVariable], !value.isEmpty else { return nil }
    return Setting(
      name: "environment variable \(flag.environmentVariable)", value: value,
      expected: flag.row.kind.placeholder ?? "true|false")
  }

  /// The way to the forecaster; nil where it is not secured. Files for a TLS that no one has turned on or
  /// off are a mistake: somebody believes it secured.
  func forecasterTLSFiles() throws(UsageError) -> ForecasterTLSFiles? {
    let certificate = self[.tlsCertificateFile]
    let key = self[.tlsKeyFile]
    let authorities = self[.tlsAuthoritiesFile]
    guard let enabled = self[.tlsEnabled] else {
      guard let given = certificate ?? key ?? authorities else { return nil }
      throw UsageError(
        "\(given.name) is given, but not --tls-enabled: with --tls-enabled=false it is ignored (the"
          + " gRPC port has --grpc-tls-cert-file and --grpc-tls-key-file)")
    }
    guard try enabled.truth() else { return nil }
    guard let certificate else {
      throw UsageError("\(enabled.name) is on, but --tls-cert-file (TLS_CERT_FILE) is missing")
    }
    guard let key else {
      throw UsageError("\(enabled.name) is on, but --tls-key-file (TLS_KEY_FILE) is missing")
    }
    return ForecasterTLSFiles(
      certificate: certificate.value, key: key.value, authorities: authorities?.value)
  }

  /// Nil when neither file is given: no switch is needed, for no one takes these files for another's.
  func grpcTLSFiles() throws(UsageError) -> TLSFiles? {
    let authorities = self[.grpcTLSAuthoritiesFile]
    var files = try pair(.grpcTLSCertificateFile, .grpcTLSKeyFile)
    if files == nil, let authorities {
      throw UsageError(
        "\(authorities.name) is given, but --grpc-tls-cert-file (GRPC_TLS_CERT_FILE) is missing")
    }
    files?.clientAuthorities = authorities?.value
    return files
  }

  /// Nil when neither file is given.
  func httpTLSFiles() throws(UsageError) -> TLSFiles? {
    try pair(.httpTLSCertificateFile, .httpTLSKeyFile)
  }

  private func pair(_ certificate: ServeFlag, _ key: ServeFlag) throws(UsageError) -> TLSFiles? {
    func missing(_ flag: ServeFlag, beside given: Setting) -> UsageError {
      UsageError(
        "\(given.name) is given, but --\(flag.rawValue) (\(flag.environmentVariable)) is missing")
    }
    switch (self[certificate], self[key]) {
    case (nil, nil): return nil
    case (let certificate?, let key?):
      return TLSFiles(certificate: certificate.value, key: key.value)
    case (let given?, nil): throw missing(key, beside: given)
    case (nil, let given?): throw missing(certificate, beside: given)
    }
  }

  /// What the triggers of an ElastiService may ask: the servers of the flag, and the one of the
  /// variable, which KubeElasti too asks for triggers that name none.
  func triggerServers() throws(UsageError) -> TriggerServers {
    let flag = ServeFlag.triggerServers
    let variable = Setting(
      name: "environment variable \(flag.environmentVariable)",
      value: environment[flag.environmentVariable] ?? "",
      expected: flag.row.kind.placeholder ?? "true|false")
    let given = Setting(
      name: "flag --\(flag.rawValue)", value: flags.values[flag]?.last ?? "",
      expected: flag.row.kind.placeholder ?? "true|false")
    var servers = TriggerServers(allowed: try variable.baseURLs() + given.baseURLs())
    servers.authorization = try authorization()
    return servers
  }

  /// How often triggers are asked, where KubeElasti's variable says so.
  func pollingInterval() throws(UsageError) -> Duration? {
    let name = ElastiVariable.pollingInterval.rawValue
    guard let value = environment[name], !value.isEmpty else { return nil }
    return try Setting(
      name: "environment variable \(name)", value: value, expected: "DURATION"
    ).duration(atLeast: .seconds(1), orSeconds: true)
  }

  /// The value is not repeated: it is a secret.
  private func authorization() throws(UsageError) -> String? {
    let name = ElastiVariable.authorization.rawValue
    guard let value = environment[name], !value.isEmpty else { return nil }
    guard value.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) else {
      throw UsageError(
        "environment variable \(name) has to be one line of ASCII characters, such as "
          + "\"Bearer TOKEN\"")
    }
    return value
  }

  /// Every value of a repeatable flag; of its variable, what colons separate, as in `PATH`.
  func all(_ flag: ServeFlag) -> [String] {
    if let values = flags.values[flag] { return values }
    guard let value = environment[flag.environmentVariable] else { return [] }
    return value.split(separator: ":").map(String.init)
  }
}

/// One value, and where it came from.
struct Setting {
  let name: String
  let value: String
  let expected: String

  /// A duration as Go writes it.
  ///
  /// - Parameter orSeconds: whether a number without a unit is seconds, as EasyScale has it.
  func duration(
    atLeast least: Duration, orSeconds: Bool = false
  ) throws(UsageError) -> Duration {
    let duration: Duration
    let isNumber = !value.isEmpty && value.utf8.allSatisfy { (48...57).contains($0) }
    do {
      duration = try Duration(text: orSeconds && isNumber ? value + "s" : value)
    } catch {
      throw UsageError("\(name): \(error)")
    }
    guard duration >= least, duration <= ServeConfiguration.longestDuration else {
      throw UsageError(
        "\(name) is \(value), but has to be between \(least.text) and "
          + ServeConfiguration.longestDuration.text)
    }
    return duration
  }

  /// `forever` or a duration.
  func hold() throws(UsageError) -> Hold {
    value == "forever" ? .forever : .upTo(try duration(atLeast: .zero))
  }

  /// Nil for zero, which turns a limit off; what is less than a second is a mistake of unit.
  func durationOrNever() throws(UsageError) -> Duration? {
    let duration = try duration(atLeast: .zero)
    guard duration == .zero || duration >= .seconds(1) else {
      throw UsageError("\(name) is \(value), but has to be 0s, for never, or at least 1s")
    }
    return duration == .zero ? nil : duration
  }

  /// As Go reads it.
  func truth() throws(UsageError) -> Bool {
    guard let truth = Bool(go: value) else {
      throw UsageError("\(name) is \"\(value)\", but has to be true or false")
    }
    return truth
  }

  func number(in range: ClosedRange<Int>) throws(UsageError) -> Int {
    let isPlain = !value.isEmpty && value.utf8.allSatisfy { (48...57).contains($0) }
    guard isPlain, let number = Int(value), range.contains(number) else {
      throw UsageError(
        "\(name) is \"\(value)\", but has to be a number from \(range.lowerBound) to "
          + "\(range.upperBound)")
    }
    return number
  }

  func choice<Choice>(_ choices: [String: Choice]) throws(UsageError) -> Choice {
    try choice { choices[$0] }
  }

  func choice<Choice>(_ parse: (String) -> Choice?) throws(UsageError) -> Choice {
    guard let choice = parse(value) else {
      throw UsageError(
        "\(name) is \"\(value)\", but has to be one of "
          + expected.split(separator: "|").joined(separator: ", "))
    }
    return choice
  }

  /// A path without a slash at its end.
  var directory: String {
    let path = String(value.reversed().drop { $0 == "/" }.reversed())
    return path.isEmpty ? value : path
  }

  /// Whether the host can be bound shows when it is.
  func listenAddress() throws(UsageError) -> ListenAddress {
    guard let address = ListenAddress(value) else {
      let hint = UInt16(value).map { "; write :\($0)" } ?? ""
      throw UsageError(
        "\(name) is \"\(value)\", but has to be HOST:PORT or :PORT with a port from 0 to 65535\(hint)"
      )
    }
    return address
  }

  /// Base URLs with commas between them; none for an empty value.
  func baseURLs() throws(UsageError) -> [String] {
    var addresses: [String] = []
    for part in value.split(separator: ",") {
      addresses.append(
        try Setting(name: name, value: String(part), expected: expected).baseURL())
    }
    return addresses
  }

  /// The base URL of a data source. The value is not repeated where it may hold a password.
  func baseURL() throws(UsageError) -> String {
    guard let problem = AddressProblem(of: value) else {
      return String(value.reversed().drop { $0 == "/" }.reversed())
    }
    let shown = value.contains("@") ? "" : " is \"\(value)\""
    throw UsageError("\(name)\(shown): \(problem.sentence)")
  }
}
