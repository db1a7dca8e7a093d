internal import Configuration
internal import EventLoop
internal import GRPCWire
internal import Scaling
internal import TLS
internal import Telemetry
internal import Testing
internal import Time

@Suite struct ServeConfigurationTests {
  private func parse(
    _ arguments: [String], _ environment: [String: String] = [:]
  ) throws -> ServeConfiguration {
    try ServeConfiguration(flags: FlagParser(arguments), environment: environment)
  }

  @Test func `has Kedastral's defaults`() throws {
    let configuration = try parse([])
    #expect(configuration.listen == ListenAddress(host: nil, port: 50051))
    #expect(configuration.httpListen == ListenAddress(host: nil, port: 8082))
    #expect(configuration.leadTime == .seconds(300))
    #expect(configuration.logLevel == .info)
    #expect(configuration.logFormat == .text)
    #expect(configuration.dataSources.isEmpty)
    #expect(configuration.workers == nil)
  }

  @Test func `reads Kedastral's environment, and flags come first`() throws {
    let environment = [
      "SCALER_LISTEN": ":1", "FORECASTER_URL": "http://forecaster:8081/", "LEAD_TIME": "10m",
      "LOG_LEVEL": "debug", "LOG_FORMAT": "json", "POLICIES": "a:b",
    ]
    var configuration = try parse([], environment)
    #expect(configuration.listen.port == 1)
    #expect(configuration.leadTime == .seconds(600))
    #expect(configuration.logLevel == .debug)
    #expect(configuration.logFormat == .json)
    #expect(configuration.policyDirectories == ["a", "b"])
    #expect(configuration.dataSources.map(\.address) == ["http://forecaster:8081"])
    configuration = try parse(["--listen=:2", "--policies=c", "--lead-time=15m"], environment)
    #expect(configuration.listen.port == 2)
    #expect(configuration.policyDirectories == ["c"])
    #expect(configuration.leadTime == .seconds(900))
  }

  @Test func `what triggers may ask is the variable's server, and those of the flag`() throws {
    let variable = ["PROMETHEUS_TRIGGER_SERVER_ADDRESS": "http://a:9090/"]
    let flag = ["--prometheus-trigger-servers=http://b:9090,https://c/x/"]
    #expect(try parse([]).triggerServers == TriggerServers(allowed: []))
    #expect(try parse([], variable).triggerServers == TriggerServers(allowed: ["http://a:9090"]))
    let both = try parse(flag, variable).triggerServers
    #expect(both.allowed == ["http://a:9090", "http://b:9090", "https://c/x"])
    #expect(both.standard == "http://a:9090")
    #expect(try parse(flag).triggerServers.standard == "http://b:9090")
  }

  @Test func `an empty variable counts as none`() throws {
    #expect(try parse([], ["LEAD_TIME": "", "FORECASTER_URL": ""]).dataSources.isEmpty)
  }

  @Test func `defines the data sources named default`() throws {
    let configuration = try parse([
      "--forecaster-url=http://f", "--prometheus-url=https://p:9090/prefix", "--refresh=1s",
      "--fetch-timeout=500ms",
    ])
    #expect(configuration.dataSources.map(\.kind) == [.forecaster, .prometheus])
    #expect(configuration.dataSources.map(\.name.name) == ["default", "default"])
    #expect(configuration.dataSources.map(\.refresh) == [.seconds(1), .seconds(1)])
    #expect(configuration.dataSources.map(\.timeout) == [.milliseconds(500), .milliseconds(500)])
  }

  @Test(arguments: [
    "--workers=1", "--workers=256", "--lead-time=0s", "--lead-time=7d", "--listen=[::1]:0",
    "--max-connections=1", "--max-connections=1000000", "--handshake-timeout=100ms",
    "--max-connection-age=0s", "--max-connection-age=1s", "--max-connection-age-grace=0s",
    "--max-connection-idle=1s", "--stall-timeout=0s", "--stall-timeout=1s",
    "--max-header-list-size=4096", "--max-header-list-size=65536", "--max-message-size=1024",
    "--max-message-size=16777216", "--tls-enabled=false", "--request-timeout=0s",
    "--request-timeout=1s", "--max-concurrent-streams=0", "--max-concurrent-streams=1000000",
    "--max-connection-memory=1048576", "--max-connection-memory=1073741824",
    "--max-call-memory=1048576", "--max-call-memory=68719476736",
    "--max-outbound-buffer=65536", "--max-outbound-buffer=1073741824", "--max-reset-rate=10",
    "--max-reset-rate=1000000", "--max-control-frame-rate=10", "--max-control-frame-rate=1000000",
    "--max-pending-acks=10", "--max-pending-acks=1000000", "--max-continuations=4",
    "--max-continuations=1024",
    "--listen=host:65535", "--log-level=warning", "--when-unavailable=inactive", "--refresh=1s",
  ])
  func `takes values up to the limit`(_ argument: String) throws {
    _ = try parse([argument])
  }

  @Test(arguments: [
    ("--workers=0", "flag --workers"), ("--workers=257", "flag --workers"),
    ("--workers=+1", "flag --workers"), ("--workers=99999999999999999999", "flag --workers"),
    ("--lead-time=5", "flag --lead-time"), ("--lead-time=-1s", "flag --lead-time"),
    ("--lead-time=169h", "flag --lead-time"), ("--listen=50051", "flag --listen"),
    ("--listen=:65536", "flag --listen"), ("--listen=:", "flag --listen"),
    ("--listen=::1:50051", "flag --listen"), ("--log-level=loud", "flag --log-level"),
    ("--log-format=xml", "flag --log-format"), ("--when-unavailable=", "flag --when-unavailable"),
    ("--forecaster-url=forecaster:8081", "flag --forecaster-url"),
    ("--forecaster-url=http://user:secret@f", "flag --forecaster-url"),
    ("--prometheus-trigger-servers=http://a,b", "flag --prometheus-trigger-servers is \"b\""),
    ("--prometheus-url=ftp://p", "flag --prometheus-url"), ("--refresh=999ms", "flag --refresh"),
    ("--max-connections=0", "flag --max-connections"),
    ("--max-connections=1000001", "flag --max-connections"),
    ("--handshake-timeout=99ms", "flag --handshake-timeout"),
    ("--max-connection-age=999ms", "flag --max-connection-age"),
    ("--max-connection-age-grace=-1s", "flag --max-connection-age-grace"),
    ("--max-connection-idle=999ms", "flag --max-connection-idle"),
    ("--stall-timeout=999ms", "flag --stall-timeout"),
    ("--max-header-list-size=4095", "flag --max-header-list-size"),
    ("--max-header-list-size=65537", "flag --max-header-list-size"),
    ("--max-message-size=1023", "flag --max-message-size"),
    ("--max-message-size=16777217", "flag --max-message-size"),
    ("--request-timeout=999ms", "flag --request-timeout"),
    ("--max-concurrent-streams=1000001", "flag --max-concurrent-streams"),
    ("--max-connection-memory=1048575", "flag --max-connection-memory"),
    ("--max-connection-memory=1073741825", "flag --max-connection-memory"),
    ("--max-call-memory=1048575", "flag --max-call-memory"),
    ("--max-call-memory=68719476737", "flag --max-call-memory"),
    ("--max-outbound-buffer=65535", "flag --max-outbound-buffer"),
    ("--max-outbound-buffer=1073741825", "flag --max-outbound-buffer"),
    ("--max-reset-rate=9", "flag --max-reset-rate"),
    ("--max-reset-rate=1000001", "flag --max-reset-rate"),
    ("--max-control-frame-rate=9", "flag --max-control-frame-rate"),
    ("--max-control-frame-rate=1000001", "flag --max-control-frame-rate"),
    ("--max-pending-acks=9", "flag --max-pending-acks"),
    ("--max-pending-acks=1000001", "flag --max-pending-acks"),
    ("--max-continuations=3", "flag --max-continuations"),
    ("--max-continuations=1025", "flag --max-continuations"),
    ("serve", "unexpected argument \"serve\""),
  ])
  func `one past the limit is an error that names the flag`(_ argument: String, _ start: String)
    throws
  {
    let error = try #require(throws: UsageError.self) { try parse([argument]) }
    #expect(error.description.hasPrefix(start), "\(error)")
    #expect(!error.description.contains("\n"))
    #expect(!error.description.contains("secret"))
  }

  @Test func `a wrong variable is named as such`() throws {
    let error = try #require(throws: UsageError.self) { try parse([], ["LEAD_TIME": "soon"]) }
    #expect(error.description.hasPrefix("environment variable LEAD_TIME"))
  }

  // MARK: TLS

  private static let pair = ["--tls-cert-file=c", "--tls-key-file=k"]

  @Test(arguments: [["--tls-enabled"], ["--tls-enabled=true"], ["-tls-enabled"]])
  func `TLS towards the forecaster is turned on by a switch`(_ enabled: [String]) throws {
    let flags = try FlagParser<ServeFlag>(enabled + Self.pair)
    let configuration = try ServeConfiguration(flags: flags, environment: [:])
    #expect(configuration.forecasterTLS == ForecasterTLSFiles(certificate: "c", key: "k"))
    #expect(configuration.grpcTLS == nil)
  }

  @Test(arguments: ["1", "t", "T", "true", "TRUE", "True"])
  func `TLS towards the forecaster is turned on by the environment, as Go reads it`(_ value: String)
    throws
  {
    let environment = [
      "TLS_ENABLED": value, "TLS_CERT_FILE": "c", "TLS_KEY_FILE": "k", "TLS_CA_FILE": "a",
    ]
    let files = ForecasterTLSFiles(certificate: "c", key: "k", authorities: "a")
    #expect(try parse([], environment).forecasterTLS == files)
    #expect(try parse(["--tls-enabled=false"], environment).forecasterTLS == nil)
  }

  @Test(arguments: [
    (["--tls-enabled=true"], "--tls-cert-file"),
    (["--tls-enabled=true", "--tls-cert-file=c"], "--tls-key-file"),
    (["--tls-cert-file=c", "--tls-key-file=k"], "--tls-enabled"),
    (["--tls-ca-file=a"], "--tls-enabled"), (["--tls-enabled=yes"], "true or false"),
  ])
  func `files and switch of TLS belong together`(_ arguments: [String], _ word: String) throws {
    let error = try #require(throws: UsageError.self) { try parse(arguments) }
    #expect(error.description.contains(word))
  }

  @Test(arguments: ["https", "HTTPS"])
  func `the files secure the way to an https forecaster, and no other`(scheme: String) throws {
    let urls = ["--forecaster-url=\(scheme)://f", "--prometheus-url=https://p"]
    let tls = ["--tls-enabled=true", "--tls-ca-file=a"] + Self.pair
    let sources = try parse(urls + tls).dataSources
    #expect(sources.map(\.clientCertificateFile) == ["c", nil])
    #expect(sources.map(\.clientKeyFile) == ["k", nil])
    #expect(sources.map(\.caFile) == ["a", nil])
    #expect(try parse(["--forecaster-url=http://f"] + tls).dataSources[0].caFile == nil)
  }

  @Test func `two files secure the gRPC port, and a third asks clients for certificates`() throws {
    let files = ["--grpc-tls-cert-file=c", "--grpc-tls-key-file=k"]
    #expect(try parse(files).grpcTLS == TLSFiles(certificate: "c", key: "k"))
    #expect(try parse(files).forecasterTLS == nil)
    #expect(
      try parse(files + ["--grpc-tls-ca-file=a"]).grpcTLS
        == TLSFiles(certificate: "c", key: "k", clientAuthorities: "a"))
    let environment = [
      "GRPC_TLS_CERT_FILE": "c", "GRPC_TLS_KEY_FILE": "k", "GRPC_TLS_CA_FILE": "a",
    ]
    #expect(
      try parse([], environment).grpcTLS
        == TLSFiles(certificate: "c", key: "k", clientAuthorities: "a"))
  }

  @Test(arguments: [
    ("--grpc-tls-cert-file=c", "--grpc-tls-key-file (GRPC_TLS_KEY_FILE) is missing"),
    ("--grpc-tls-key-file=k", "--grpc-tls-cert-file (GRPC_TLS_CERT_FILE) is missing"),
    ("--grpc-tls-ca-file=a", "--grpc-tls-cert-file (GRPC_TLS_CERT_FILE) is missing"),
  ])
  func `the files of the gRPC port belong together`(_ argument: String, _ words: String) throws {
    let error = try #require(throws: UsageError.self) { try parse([argument]) }
    #expect(error.description.hasSuffix(words))
  }

  // MARK: Side port

  @Test func `two files secure the side port, and leave the gRPC port as it is`() throws {
    let files = ["--http-tls-cert-file=c", "--http-tls-key-file=k"]
    #expect(try parse(files).httpTLS == TLSFiles(certificate: "c", key: "k"))
    #expect(try parse(files).grpcTLS == nil)
    let environment = ["HTTP_TLS_CERT_FILE": "c", "HTTP_TLS_KEY_FILE": "k"]
    #expect(try parse([], environment).httpTLS == TLSFiles(certificate: "c", key: "k"))
    #expect(try parse([]).httpTLS == nil)
  }

  @Test(arguments: [
    ("--http-tls-cert-file=c", "--http-tls-key-file (HTTP_TLS_KEY_FILE) is missing"),
    ("--http-tls-key-file=k", "--http-tls-cert-file (HTTP_TLS_CERT_FILE) is missing"),
    ("--http-hosts=a,,b", "the names of hosts"), ("--http-hosts=http://a", "the names of hosts"),
    ("--http-max-connections=0", "a number from 1 to 10000"),
    ("--http-max-connections=10001", "a number from 1 to 10000"),
    ("--http-request-timeout=999ms", "between 1s and"), ("--http-request-timeout=8d", "and 168h"),
  ])
  func `the side port's flags have bounds`(_ argument: String, _ words: String) throws {
    let error = try #require(throws: UsageError.self) { try parse([argument]) }
    #expect(error.description.contains(words), "\(error)")
  }

  @Test func `the side port's limits have defaults, and flags up to their bounds`() throws {
    #expect(try parse([]).sidePort == SidePortLimits())
    for (connections, timeout) in [(1, "1s"), (10_000, "7d")] {
      let limits = try parse([
        "--http-max-connections=\(connections)", "--http-request-timeout=\(timeout)",
      ]).sidePort
      #expect(limits.connections == connections)
      #expect(limits.requestTimeout == (connections == 1 ? .seconds(1) : .seconds(7 * 86_400)))
    }
  }

  @Test func `browsers' names for the side port, and the age of connections`() throws {
    #expect(try parse(["--http-hosts=a.example,B"]).sidePort.hosts == ["a.example", "B"])
    #expect(try parse([]).limits.age == .seconds(1800))
    #expect(try parse(["--max-connection-age=0s"]).limits.age == nil)
  }

  @Test func `the usage names every flag and variable`() {
    for flag in ServeFlag.allCases {
      #expect(Usage.text.contains("  --\(flag.rawValue)"))
      #expect(Usage.text.contains("[\(flag.environmentVariable)]"))
    }
  }
}
