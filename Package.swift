// swift-tools-version: 6.2
import PackageDescription

/// Set by `scripts/fuzz`, which builds the fuzz targets into a program with libFuzzer. In every other
/// build they belong to the unit tests, which replay their inputs.
let isFuzzing = Context.environment["HEADSTART_FUZZ"] != nil

/// What libFuzzer learns from: which edges are taken, and what is compared with what. Swift 6.3.1
/// cannot optimise `Planning` together with these; without that one pass it can.
let instrumented: [SwiftSetting] = [
  .unsafeFlags([
    "-enable-testing", "-Xllvm", "-sil-disable-pass=copy-propagation",
    "-sanitize-coverage=edge,indirect-calls,trace-cmp,inline-8bit-counters,pc-table",
  ])
]

/// What every Swift target is built with: Swift 6 rules, warnings as errors, imports that say
/// their access level.
let strict: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
    // The state of a loop is confined to it, which the compiler checks; checking every access again
    // at run time cost 7 % of a request. Debug builds, and so the tests, keep the checks.
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
    // Swift 6.3.1 loses assignments: where some branches of a loop's `switch` assign a property, it moves
    // the store behind all of them and stores the value of before (test_rpcs.py sees it, and the fuzz
    // target request-messages). Without the two passes that move code a call takes 1 % more instructions.
    .unsafeFlags(
      [
        "-Xllvm", "-sil-disable-pass=early-codemotion", "-Xllvm",
        "-sil-disable-pass=late-codemotion",
      ], .when(configuration: .release)),
  ] + (isFuzzing ? instrumented : [])

/// The forecaster is optimised in debug builds, too: its tests walk through years of load, which
/// takes 4 times as long without.
let fast: [SwiftSetting] = [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// One Swift target of the product.
func component(
  _ name: String, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = []
) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict + settings)
}

/// The unit tests that mirror one target.
func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies,
    swiftSettings: strict)
}

/// One decoder of outside bytes each, and what drives them: libFuzzer, or the unit tests.
func fuzzTargets(_ dependencies: [Target.Dependency]) -> Target {
  isFuzzing
    ? .executableTarget(
      name: "fuzz", dependencies: dependencies, path: "Fuzzing",
      exclude: ["Dictionaries", "Findings", "Replay", "Seeds"],
      swiftSettings: strict,
      // The usual linker fails on the sections of the instrumentation.
      linkerSettings: [.unsafeFlags(["-use-ld=lld"])])
    : .testTarget(
      name: "FuzzingTests", dependencies: dependencies, path: "Fuzzing",
      exclude: ["Dictionaries", "Findings", "Runner", "Seeds"], swiftSettings: strict)
}

/// A C library in a module of its own, imported by exactly one Swift target.
func library(_ name: String, linking libraries: String...) -> Target {
  .target(
    name: name, cSettings: [.treatAllWarnings(as: .error)],
    cxxSettings: [.treatAllWarnings(as: .error)],
    linkerSettings: libraries.map { .linkedLibrary($0) })
}

let package = Package(
  name: "headstart",
  targets: [
    // The C libraries, each behind its own module.
    library("CUV", linking: "uv"),
    library("CNGHTTP2", linking: "nghttp2"),
    library("CCurl", linking: "curl"),
    library("CMicroHTTPD", linking: "microhttpd", "gnutls"),
    library("CYAML", linking: "yaml"),
    library("CCivilTime", linking: "cctz"),
    library("CExternalScaler", linking: "protobuf-c"),
    library("COpenSSL", linking: "ssl", "crypto"),
    // What the process was started with, which the Swift runtime does not hand on.
    library("CProcess"),

    // Pure logic: no clock, no I/O, no lock, no C.
    component("Scaling"),
    component("Forecasting", settings: fast),
    component("Planning", ["Forecasting", "Scaling"]),
    component("GRPCWire"),

    // One bridge per library.
    component("CivilTime", ["Scaling", "CCivilTime"]),
    component("Manifests", ["Scaling", "CYAML"]),
    component("ScalerMessages", ["CExternalScaler"]),
    component("EventLoop", ["CUV"]),
    component("TLS", ["COpenSSL"]),
    component("HTTP2Server", ["EventLoop", "GRPCWire", "TLS", "CNGHTTP2"]),
    component("Telemetry"),
    component("HTTPClient", ["EventLoop", "Scaling", "TLS", "Telemetry", "CCurl"]),
    component("DataSources", ["EventLoop", "HTTPClient", "Scaling", "Telemetry"]),
    component("Kubernetes", ["EventLoop", "HTTPClient", "Manifests", "Scaling", "Telemetry"]),
    component("DirectScaling", ["EventLoop", "Kubernetes", "Scaling", "Telemetry"]),
    component("AdminHTTP", ["Scaling", "Telemetry", "CMicroHTTPD"]),

    // The command line, without the process.
    component("Configuration", ["EventLoop", "Manifests", "Scaling", "TLS", "Telemetry"]),

    // What joins them.
    component("DecisionEngine", ["DataSources", "EventLoop", "Scaling", "Telemetry"]),
    component(
      "ScalerRPCs",
      [
        "DecisionEngine", "EventLoop", "GRPCWire", "HTTP2Server", "ScalerMessages", "Scaling",
        "Telemetry",
      ]),
    .executableTarget(
      name: "headstart",
      dependencies: [
        "AdminHTTP", "CProcess", "CivilTime", "Configuration", "DataSources", "DecisionEngine",
        "DirectScaling", "EventLoop", "Forecasting",
        "GRPCWire", "HTTP2Server", "HTTPClient", "Kubernetes", "Manifests", "Planning",
        "ScalerRPCs", "Scaling", "TLS", "Telemetry",
      ],
      swiftSettings: strict,
      // Names of functions stay for profilers; the rest of the debug information is a third of the
      // binary.
      linkerSettings: [
        .unsafeFlags(["-Xlinker", "--strip-debug"], .when(configuration: .release))
      ]),

    // What scripts/bench times of the evaluator and of the forecaster alone.
    .executableTarget(
      name: "evaluation", dependencies: ["CivilTime", "Scaling"], path: "Benchmarks/evaluation",
      swiftSettings: strict),
    .executableTarget(
      name: "forecasting", dependencies: ["Forecasting"], path: "Benchmarks/forecasting",
      swiftSettings: strict),

    // What the unit tests of several targets use.
    .target(
      name: "TestKit", dependencies: ["HTTPClient", "Scaling"], path: "Tests/TestKit",
      swiftSettings: strict),

    tests("Scaling", ["CivilTime"]),
    tests("Forecasting"),
    tests("Planning", ["CivilTime", "Forecasting", "Manifests", "Scaling"]),
    tests("CivilTime", ["Scaling"]),
    tests("Configuration", ["EventLoop", "Scaling", "TLS", "Telemetry"]),
    tests("Manifests", ["Scaling", "CivilTime"]),
    tests("GRPCWire"),
    tests("ScalerMessages"),
    tests("EventLoop"),
    tests("HTTP2Server", ["CNGHTTP2", "EventLoop", "GRPCWire", "TLS"]),
    tests("TLS"),
    tests("Telemetry"),
    tests("HTTPClient", ["EventLoop", "Telemetry", "TestKit"]),
    tests("DataSources", ["EventLoop", "HTTPClient", "Scaling", "Telemetry", "TestKit"]),
    tests("Kubernetes", ["EventLoop", "HTTPClient", "Manifests", "Scaling", "Telemetry"]),
    tests("DirectScaling", ["Kubernetes", "Scaling"]),
    tests("AdminHTTP", ["Scaling", "Telemetry"]),
    tests("DecisionEngine", ["Scaling", "TestKit"]),
    tests(
      "ScalerRPCs",
      [
        "DataSources", "DecisionEngine", "EventLoop", "GRPCWire", "HTTP2Server", "ScalerMessages",
        "Scaling", "Telemetry", "TestKit",
      ]),
    fuzzTargets([
      "AdminHTTP", "CivilTime", "DataSources", "DecisionEngine", "EventLoop", "Forecasting",
      "GRPCWire", "HTTP2Server", "HTTPClient", "Kubernetes", "Manifests", "Planning",
      "ScalerMessages", "ScalerRPCs", "Scaling", "Telemetry",
    ]),
  ],
  cxxLanguageStandard: .cxx17
)
