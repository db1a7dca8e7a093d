internal import Scaling
internal import Testing

@testable internal import Manifests

private func source(_ fields: String) -> String {
  dataSource("type: prometheus\naddress: http://prometheus:9090\n" + fields)
}

private func address(_ address: String) -> String {
  dataSource("type: prometheus\naddress: " + address)
}

private let noAddress =
  "6:12: error: spec.address: expected an address such as http://prometheus:9090"

struct DataSourceDiagnosticTests {
  @Test(arguments: [
    RejectedText(
      dataSource("address: http://x"),
      "5:3: error: spec.type: missing; it is required, such as type: prometheus"),
    RejectedText(
      dataSource("type: forecaster"),
      "5:3: error: spec.address: missing; it is required, such as address: "
        + "http://prometheus:9090"),
    RejectedText(
      dataSource("type: promethius\naddress: http://x"),
      "5:9: error: spec.type: expected forecaster or prometheus or http, found the text \"promethius\"; "
        + "did you mean prometheus?"),
    RejectedText(
      address("prometheus:9090"), "\(noAddress); it has to start with http:// or https://"),
    RejectedText(address("ftp://x"), "\(noAddress); the scheme \"ftp\" is not http or https"),
    RejectedText(
      address("http://"), "\(noAddress); the name of the server is missing or malformed"),
    RejectedText(
      address("http://:80"), "\(noAddress); the name of the server is missing or malformed"),
    RejectedText(
      address("http://a..b"), "\(noAddress); the name of the server is missing or malformed"),
    RejectedText(
      address("'http://[::1'"), "\(noAddress); the name of the server is missing or malformed"),
    // Only colons and digits, and yet no address of IPv6.
    RejectedText(
      address("'http://[fe80:31]:443'"),
      "\(noAddress); the name of the server is missing or malformed"),
    RejectedText(
      address("http://me:secret@x"),
      "\(noAddress); a user name or password does not belong there; use basicAuth"),
    RejectedText(
      address("http://x:0"), "\(noAddress); the port \"0\" is not a number from 1 to 65535"),
    RejectedText(
      address("http://x:65536"), "\(noAddress); the port \"65536\" is not a number from 1 to 65535"),
    RejectedText(
      address("'http://x:'"), "\(noAddress); the port \"\" is not a number from 1 to 65535"),
    RejectedText(
      address("http://x/?a=b"),
      "\(noAddress); ? and # do not belong there, only a path may follow the server"),
    RejectedText(
      address("'http://x#a'"),
      "\(noAddress); ? and # do not belong there, only a path may follow the server"),
    RejectedText(
      address("\"http://x/a b\""), "\(noAddress); the character \" \" has no place in an address"),
    RejectedText(
      address("\"http://x/\\r\\nHost: y\""),
      "\(noAddress); the character \"\\r\" has no place in an address"),
    RejectedText(
      address("http://café"), "\(noAddress); the character \"é\" has no place in an address"),
    RejectedText(
      source("refresh: 999ms"),
      "7:12: error: spec.refresh: expected a duration from 1s to 1d, such as 90s or 1h30m, "
        + "found the text \"999ms\""),
    RejectedText(
      source("timeout: 0s"),
      "7:12: error: spec.timeout: expected a duration from 1ms to 1h, such as 90s or 1h30m, "
        + "found the text \"0s\""),
    RejectedText(
      source("timeout: 20s"),
      "7:12: warning: spec.timeout: 20s is longer than the refresh of 15s, "
        + "so that a slow server delays the next request"),
    RejectedText(
      source("headers: [a]"),
      "7:12: error: spec.headers: expected a mapping, found a list;"
        + " write {X-Scope-OrgID: team-a}"),
    RejectedText(
      source("headers: {A B: x}"),
      "7:13: error: spec.headers: \"A B\" is not the name of an HTTP header"),
    RejectedText(
      source("headers: {\"a\\n\": x}"),
      "7:13: error: spec.headers: \"a\\n\" is not the name of an HTTP header"),
    RejectedText(
      source("headers: {Host: x}"),
      "7:13: error: spec.headers: the header Host is set by Headstart itself; leave it out"),
    RejectedText(
      source("headers: {X-A: a, x-a: b}"),
      "7:21: error: spec.headers: the headers X-A and x-a are the same one; "
        + "names differ by more than case"),
    RejectedText(
      source("headers: {X-A: 5}"),
      "7:18: error: spec.headers.X-A: expected the text of an HTTP header, found the number 5; "
        + "put it in quotes"),
    RejectedText(
      source("headers: {X-A: \"secret\\r\\nHost: y\"}"),
      "7:18: error: spec.headers.X-A: expected the text of an HTTP header, "
        + "found line breaks, control characters or spaces at an end"),
    RejectedText(
      source("headers: {authorization: x}\nbearerTokenFile: /t"),
      "7:13: error: spec.headers: the header authorization is set by bearerTokenFile or "
        + "basicAuth; leave one of them out"),
    RejectedText(
      source("bearerTokenFile: ''"),
      "7:20: error: spec.bearerTokenFile: expected the path of a file, found an empty text"),
    RejectedText(
      source("bearerTokenFile: /t\nbasicAuth: {username: u, passwordFile: /p}"),
      "8:14: error: spec.basicAuth: bearerTokenFile is given too; "
        + "a request can carry only one of them"),
    RejectedText(
      source("basicAuth: {username: u}"),
      "7:14: error: spec.basicAuth.passwordFile: missing; it is required"),
    RejectedText(
      source("basicAuth: {username: 'a:b', passwordFile: /p}"),
      "7:25: error: spec.basicAuth.username: "
        + "a user name of basic authentication cannot hold a colon"),
    RejectedText(
      source("basicAuth: {username: u, passwordFile: /p, password: x}"),
      "7:56: error: spec.basicAuth.password: a password does not belong in a manifest; "
        + "put it in a file: passwordFile"),
    RejectedText(
      source("caFile: /ca"), "7:11: warning: spec.caFile: has no effect: the address is not https"),
    RejectedText(
      dataSource("type: prometheus\naddress: https://x\nclientCertificateFile: /c"),
      "7:26: error: spec.clientCertificateFile: clientKeyFile is missing; "
        + "a client certificate needs its key"),
    RejectedText(
      address("http://169.254.169.254/latest"),
      "\(noAddress); the metadata service of a cloud hands out keys, and is no server for this"),
    RejectedText(
      address("http://Metadata.google.internal:80"),
      "\(noAddress); the metadata service of a cloud hands out keys, and is no server for this"),
    RejectedText(
      source("proxy: http://u:p@proxy:3128"),
      "7:10: error: spec.proxy: expected the address of a proxy such as http://proxy:3128; a user"
        + " name or password does not belong there"),
    RejectedText(
      dataSource("type: prometheus\naddress: https://x\ninsecureSkipVerify: true"),
      "7:23: warning: spec.insecureSkipVerify: the server's certificate is not checked: whoever"
        + " stands in between can read the credentials and make up the answers; give caFile instead"
    ),
    RejectedText(
      source("insecureSkipVerify: true"),
      "7:23: warning: spec.insecureSkipVerify: has no effect: the address is not https"),
    RejectedText(
      source("headers: {X-Key: a}\nheaderFiles: {x-key: /k}"),
      "8:17: error: spec.headerFiles: the header x-key is given twice"),
    RejectedText(
      dataSource("type: http\naddress: http://x\nparameters: {from: '{now-5}'}"),
      "7:22: error: spec.parameters.from: \"{now-5}\" is not a time; write {now}, {now-5m},"
        + " {now-5m:ms} or {now-5m:rfc3339}"),
    RejectedText(
      dataSource("type: http\naddress: http://x\npartialAnswers: accept"),
      "7:19: warning: spec.partialAnswers: has no effect on type http"),
    RejectedText(
      dataSource("type: prometheus\naddress: https://x\nclientKeyFile: /k"),
      "7:18: error: spec.clientKeyFile: clientCertificateFile is missing; "
        + "a client key needs its certificate"),
  ])
  func `a mistake in a data source is reported at its place`(rejected: RejectedText) {
    expectDiagnostic(rejected)
  }

  @Test(arguments: [
    ("http://x", "http://x"), ("http://x/", "http://x"),
    ("https://x:443/a/b//", "https://x:443/a/b"),
    ("HTTP://X.y-z_1:1", "HTTP://X.y-z_1:1"), ("\"http://[::1]:65535\"", "http://[::1]:65535"),
    ("http://10.0.0.1/%20", "http://10.0.0.1/%20"),
  ])
  func `an address loses the slash at its end`(text: String, expected: String) {
    let file = decode(address(text))
    #expect(file.lines == [])
    #expect(file.dataSources.map(\.address) == [expected])
  }

  @Test func `every field arrives in the model`() {
    let file = decode(
      dataSource(
        """
        type: forecaster
        address: https://forecaster:8443/base
        timeout: 2s
        refresh: 1m
        headers: {X-A: "1", X-B: b c}
        basicAuth: {username: me, passwordFile: /p}
        caFile: /ca
        clientCertificateFile: /c
        clientKeyFile: /k
        """))
    #expect(file.lines == [])
    #expect(
      file.dataSources == [
        DataSource(
          name: ResourceName(name: "x"), kind: .forecaster,
          address: "https://forecaster:8443/base", timeout: .seconds(2), refresh: .seconds(60),
          headers: ["X-A": "1", "X-B": "b c"],
          basicAuth: DataSource.BasicAuth(username: "me", passwordFile: "/p"), caFile: "/ca",
          clientCertificateFile: "/c", clientKeyFile: "/k")
      ])
  }

  @Test func `what an endpoint of any kind needs arrives in the model`() {
    let file = decode(
      dataSource(
        """
        type: http
        address: https://api.example
        headerFiles: {DD-API-KEY: /keys/api}
        parameters: {query: up, from: "{now-5m}"}
        proxy: http://proxy:3128
        insecureSkipVerify: true
        """))
    var expected = DataSource(
      name: ResourceName(name: "x"), kind: .http, address: "https://api.example")
    expected.headerFiles = ["DD-API-KEY": "/keys/api"]
    expected.parameters = ["query": "up", "from": "{now-5m}"]
    expected.proxy = "http://proxy:3128"
    expected.verifiesServer = false
    #expect(file.dataSources == [expected])
  }

  @Test func `the default timeout is never longer than the refresh`() {
    let file = decode(source("refresh: 2s"))
    #expect(file.lines == [])
    #expect(file.dataSources.map(\.timeout) == [.seconds(2)])
  }
}
