internal import Telemetry
internal import Testing

@testable internal import HTTPClient

@Suite struct ExcerptTests {
  @Test(arguments: [
    ("", ""), ("plain", "plain"), ("  two\n\n lines\t", "two lines"), ("a\u{0}\u{7F}b", "a b"),
    ("a\u{202E}b", "a b"), ("ä🙂", "ä🙂"), ("\u{1B}[31mred", "[31mred"),
  ])
  func `is one printable line`(text: String, expected: String) {
    #expect(Excerpt.text(of: text) == expected)
  }

  @Test func `repairs invalid UTF-8`() {
    #expect(Excerpt.text(of: [0x61, 0xFF, 0x62] as [UInt8]) == "a\u{FFFD}b")
  }

  @Test func `is cut after 200 characters and not before`() {
    let whole = String(repeating: "a", count: 200)
    #expect(Excerpt.text(of: whole) == whole)
    #expect(Excerpt.text(of: whole + "b") == whole + "…")
    let spaced = String(repeating: "a ", count: 100)
    #expect(Excerpt.text(of: spaced).count == 199)
    #expect(Excerpt.text(of: String(repeating: "ab ", count: 1_000_000)).count <= 201)
  }

  @Test func `hides secrets that overlap, and those that their placeholder makes`() {
    let brackets = [Redacted("]]]]]")]
    #expect(Excerpt.text(of: "a ]]]]]]]]] b", hiding: brackets) == "a [redacted] b")
    #expect(Excerpt.text(of: "]]]]]x]]]]", hiding: brackets) == "[redacted]x]]]]")
    #expect(Excerpt.text(of: "]]]x]]]x]]x", hiding: [Redacted("]]]x")]) == "[redacted]")
    let both = [Redacted("abcdef"), Redacted("defghi")]
    #expect(Excerpt.text(of: "1 abcdefghi 2", hiding: both) == "1 [redacted] 2")
  }

  @Test func `hides secrets wherever they stand`() {
    let secrets = [Redacted("hunter2"), Redacted("hunter2-longer"), Redacted("abc")]
    #expect(
      Excerpt.text(of: "no hunter2! hunter2-longer abc", hiding: secrets)
        == "no [redacted]! [redacted] abc")
    let token = String(repeating: "t0k", count: 3000)
    for padding in [0, 150, 3900, 4090, 4096, 5000, 20_000] {
      let text =
        String(repeating: "\n", count: padding) + token + String(repeating: "y", count: 9000)
      #expect(!Excerpt.text(of: text, hiding: [Redacted(token)]).contains("t0k"), "\(padding)")
    }
  }

  @Test(arguments: [
    "HUNTER2/longer+", "Hunter2/Longer+", "hunter2%2Flonger%2B", "aHVudGVyMi9sb25nZXIr",
    // Inside of something longer: u:hunter2/longer+, us:hunter2/longer+ and use:hunter2/longer+.
    "dTpodW50ZXIyL2xvbmdlcis=", "dXM6aHVudGVyMi9sb25nZXIr", "dXNlOmh1bnRlcjIvbG9uZ2VyKw==",
    "Basic dTpodW50ZXIyL2xvbmdlcis=",
  ])
  func `hides what was made of a secret`(text: String) {
    let shown = Excerpt.text(of: "<\(text)>", hiding: [Redacted("hunter2/longer+")])
    #expect(shown.contains("[redacted]"), "\(shown)")
    // At most the digits that stand for what is beside the secret are left.
    #expect(shown.utf8.count <= "<[redacted]>".utf8.count + "Basic ".utf8.count + 8, "\(shown)")
  }

  @Test(arguments: [
    // JSON, and what is written like it.
    #"hunter2\/longer+"#, #"hunter2\u002flonger\u002B"#, #"\u0068unter2/longer\x2b"#,
    // URLs, whole or in part, once and twice.
    "hunter2%2flonger+", "%68%75nter2/longer%2B", "hunter2%252Flonger%252B",
    // HTML and XML.
    "hunter2/longer&#43;", "hunter2&#x2F;longer&#x2b;", "hunter2&sol;longer&plus;",
    // JSON in HTML, HTML in JSON, a URL in JSON.
    #"hunter2\&#47;longer&#43;"#, #"hunter2\u0026#47;longer\u0026#43;"#, #"hunter2\u00252Flonger+"#,
    // Hexadecimal, and across lines.
    "68756e746572322f6c6f6e6765722b", "68756E746572322F6C6F6E6765722B",
    "68 75 6e 74 65 72 32 2f 6c 6f 6e 67 65 72 2b", "hunter2/\nlonger+",
    "aHVudGVy\r\nMi9sb25nZXIr", #"aHVudGVyMi9s\nb25nZXIr"#,
    // Of HUNTER2/LONGER+.
    "SFVOVEVSMi9MT05HRVIr",
  ])
  func `hides a secret in whatever another text has made of it`(text: String) {
    let shown = Excerpt.text(of: "<\(text)>", hiding: [Redacted("hunter2/longer+")])
    #expect(shown == "<[redacted]>")
  }

  @Test func `hides a secret that was cut short, where half of it shows`() {
    let secrets = [Redacted("0123456789abcdefghijklmnopqrst")]
    #expect(Excerpt.text(of: "no 0123456789abcdefgh…", hiding: secrets) == "no [redacted]…")
    #expect(Excerpt.text(of: "no 0123456789 abcdefg", hiding: secrets) == "no [redacted]")
    #expect(Excerpt.text(of: "no 0123456789abcd.", hiding: secrets) == "no 0123456789abcd.")
    // Half of this one is a word.
    let word = [Redacted("prometheus-reader")]
    #expect(Excerpt.text(of: "prometheus", hiding: word) == "prometheus")
  }

  @Test(arguments: [
    "100%", "%zz%4", #"C:\new\u12"#, "a & b &; &#; &#x; &#1114112; &#xD800; &nosuch;", #"\"#, "&",
    "%",
    "&#99999999999;", #"\ud800"#,
  ])
  func `leaves what only looks like an encoding`(text: String) {
    #expect(Excerpt.text(of: text, hiding: [Redacted("hunter2/longer+")]) == text)
  }

  @Test func `hides every secret that the process has used, whoever repeats it`() throws {
    SecretLedger.note(Redacted("Bearer ledger-secret-7f3a"))
    SecretLedger.note(Redacted("team-a"))
    #expect(Excerpt.text(of: "no LEDGER-SECRET-7F3A for team-a") == "no [redacted] for team-a")
    #expect(Excerpt.hidingSecrets(in: Array("a\nledger-secret-7f3a".utf8)) == "a\n[redacted]")
  }

  @Test func `of the secrets that were used, those of long ago are forgotten`() {
    var ledger = SecretLedger.Ledger()
    for secret in ["static-secret", "old-secret"] { ledger.note(secret) }
    for number in 0..<2 * SecretLedger.Ledger.capacity {
      ledger.note("rotated-\(number)")
      ledger.note("static-secret")
    }
    #expect(ledger.secrets.count == SecretLedger.Ledger.capacity)
    #expect(ledger.secrets.contains("static-secret"))
    #expect(!ledger.secrets.contains("old-secret"))
  }

  @Test(arguments: [
    ("hunter2\u{301}", "[redacted]\u{301}"), ("\u{301}hunter2", "\u{301}[redacted]"),
    ("hunter2hunter2", "[redacted][redacted]"), ("hunter", "hunter"),
  ])
  func `hides secrets whatever characters their neighbours make of them`(
    text: String, expected: String
  ) {
    let excerpt = Excerpt.text(of: text, hiding: [Redacted("hunter2")])
    #expect(Array(excerpt.utf8) == Array(expected.utf8))
  }

  @Test(arguments: [
    ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy"), ("\u{FF}\u{FE}", "w7/Dvg=="),
  ])
  func `encodes Base64`(text: String, expected: String) {
    #expect(Base64.encode(Array(text.utf8)) == expected)
  }

  @Test(arguments: [
    ("my-api", "my-api"), ("a b&c=d/e?f", "a%20b%26c%3Dd%2Fe%3Ff"), ("ü+%", "%C3%BC%2B%25"),
    ("~._-", "~._-"), ("\u{0}\n", "%00%0A"),
  ])
  func `percent-encodes`(text: String, expected: String) {
    #expect(PercentEncoding.encode(text) == expected)
  }

  @Test(arguments: [
    ("http://a", "http://a", "http://a"), ("HTTP://A:80/", "http://a", "http://a"),
    ("https://a:443/x/", "https://a", "https://a/x/"),
    ("http://a:8080", "http://a:8080", "http://a:8080"),
    ("http://[::1]:9090/p?q=1#f", "http://[::1]:9090", "http://[::1]:9090/p"),
    ("http://u:p@h/", "http://h", "http://h"),
  ])
  func `takes URLs apart`(text: String, origin: String, shown: String) throws {
    let url = try #require(HTTPURL(text))
    #expect(url.origin == origin)
    #expect(url.shown == shown)
  }

  @Test(arguments: [
    "", "a", "//a", "ftp://a", "http://", "http://a b", "http://a:x", "javascript:1",
  ])
  func `knows what is not an HTTP URL`(text: String) {
    #expect(HTTPURL(text) == nil)
  }
}
