// swift-tools-version: 6.2
import PackageDescription

/// Set by `scripts/fuzz`, which builds the fuzz targets into a program with libFuzzer. In every other
/// build they belong to the unit tests, which replay their inputs.
let isFuzzing = Context.environment["HEADSTART_FUZZ"] != nil

/// What libFuzzer learns from: which edges are taken, and what is compared with what.
let instrumented: [SwiftSetting] = [
  .unsafeFlags([
    "-enable-testing",
    "-sanitize-coverage=edge,indirect-calls,trace-cmp,inline-8bit-counters,pc-table",
  ])
]

/// Paths in release builds are relative, so that a build has the same bytes wherever it is made.
let sameEverywhere = "\(Context.packageDirectory)=."

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
    // at run time cost 7 % of a request with Swift 6.3.1. Debug builds, and so the tests, keep the
    // checks. Measure again with every new compiler (`scripts/bench`): at 2 % the flag can go.
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
    // Swift 6.3.1 loses assignments in release builds: where some branches of a loop's `switch` assign
    // a property, the store is moved out of the loop, and stores the value from before.
    // Tests/Compiler/lost-assignment.swift shows it in 18 lines; try it with every new compiler, and
    // take the flags out when it is right without. Without the passes a call takes 1 % more
    // instructions.
    .unsafeFlags(
      [
        "-Xllvm", "-sil-disable-pass=early-codemotion", "-Xllvm",
        "-sil-disable-pass=late-codemotion",
      ], .when(configuration: .release)),
    // Swift 6.3.1 crashes in copy propagation, here and there: which functions it crashes on changes
    // with what else is in the target, so that no short program shows it. Try without the flag with
    // every new compiler: `scripts/test --release` and `scripts/fuzz 1` have to build.
    .unsafeFlags(
      ["-Xllvm", "-sil-disable-pass=copy-propagation"], .when(configuration: .release)),
  ] + (isFuzzing ? instrumented : [])

/// Not for tests: SwiftPM looks their index up by its whole path.
let relative: [SwiftSetting] = [
  .unsafeFlags(["-file-prefix-map", sameEverywhere], .when(configuration: .release))
]

/// The forecaster is optimised in debug builds, too: its tests walk through years of load, which
/// takes 4 times as long without.
let fast: [SwiftSetting] = [.unsafeFlags(["-O"], .when(configuration: .debug))]

/// One Swift target of the product.
func component(
  _ name: String, _ dependencies: [Target.Dependency] = [], settings: [SwiftSetting] = []
) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict + relative + settings)
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
    name: name,
    cSettings: [
      .treatAllWarnings(as: .error),
      .unsafeFlags(["-ffile-prefix-map=\(sameEverywhere)"], .when(configuration: .release)),
    ],
    cxxSettings: [
      .treatAllWarnings(as: .error),
      .unsafeFlags(["-ffile-prefix-map=\(sameEverywhere)"], .when(configuration: .release)),
    ],
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
    library("CICalendar", linking: "ical"),
    library("CExternalScaler", linking: "protobuf-c"),
    library("COpenSSL", linking: "ssl", "crypto"),
    // What the process was started with, which the Swift runtime does not hand on.
    library("CProcess"),

    // The page's files from Web/, embedded. #embed is C23.
    .target(
      name: "CPage",
      cSettings: [.treatAllWarnings(as: .error), .disableWarning("c23-extensions")]),

    // Pure logic: no clock, no I/O, no lock, no C.
    component("Time"),
    component("Scaling", ["Time"]),
    component("Forecasting", ["Time"], settings: fast),
    component("Planning", ["Forecasting", "Scaling", "Time"]),
    component("GRPCWire", ["Time"]),

    // One bridge per library.
    component("CivilTime", ["Scaling", "CCivilTime", "Time"]),
    component("ICalendar", ["Scaling", "CICalendar", "Time"]),
    component("Manifests", ["Forecasting", "Scaling", "CYAML", "Time"]),
    component("ScalerMessages", ["CExternalScaler"]),
    component("EventLoop", ["CUV"]),
    component("TLS", ["COpenSSL"]),
    component("HTTP2Server", ["EventLoop", "GRPCWire", "TLS", "CNGHTTP2", "Time"]),
    component("Telemetry", ["Time"]),
    component("HTTPClient", ["EventLoop", "Scaling", "TLS", "Telemetry", "CCurl", "Time"]),
    component(
      "DataSources",
      [
        "EventLoop", "Forecasting", "HTTPClient", "ICalendar", "Scaling", "TLS", "Telemetry",
        "Time",
      ]),
    component(
      "Kubernetes", ["EventLoop", "HTTPClient", "Manifests", "Scaling", "Telemetry", "Time"]),
    component(
      "DirectScaling", ["EventLoop", "Kubernetes", "Scaling", "TLS", "Telemetry", "Time"]),
    component("StateDirectory", ["EventLoop", "HTTPClient", "Scaling", "Telemetry", "Time"]),
    component("SidePort", ["Scaling", "Telemetry", "CMicroHTTPD", "CPage", "Time"]),

    // The command line, without the process.
    component(
      "Configuration",
      ["EventLoop", "GRPCWire", "Manifests", "Scaling", "SidePort", "TLS", "Telemetry", "Time"]),

    // What joins them.
    component(
      "DecisionEngine",
      ["DataSources", "EventLoop", "Forecasting", "Scaling", "Telemetry", "Time"]),
    component(
      "ScalerRPCs",
      [
        "DecisionEngine", "EventLoop", "GRPCWire", "HTTP2Server", "ScalerMessages", "Scaling",
        "Telemetry", "Time",
      ]),
    component(
      "Serving",
      [
        "CivilTime", "Configuration", "DataSources", "DecisionEngine", "DirectScaling", "EventLoop",
        "GRPCWire", "HTTP2Server", "HTTPClient", "Kubernetes", "Manifests", "ScalerRPCs", "Scaling",
        "SidePort", "StateDirectory", "TLS", "Telemetry", "Time",
      ]),
    component(
      "Commands",
      [
        "CProcess", "CivilTime", "Configuration", "DataSources", "EventLoop", "Forecasting",
        "HTTPClient", "Manifests", "Planning", "Scaling", "Serving", "StateDirectory", "Telemetry",
        "Time",
      ]),
    .executableTarget(
      name: "headstart",
      dependencies: ["Commands"],
      swiftSettings: strict + relative,
      // Names of functions stay for profilers; the rest of the debug information is a third of the
      // binary.
      linkerSettings: [
        .unsafeFlags(["-Xlinker", "--strip-debug"], .when(configuration: .release))
      ]),

    // What scripts/bench times of the evaluator and of the forecaster alone.
    .executableTarget(
      name: "evaluation", dependencies: ["CivilTime", "Scaling", "Time"],
      path: "Benchmarks/evaluation",
      swiftSettings: strict),
    .executableTarget(
      name: "forecasting", dependencies: ["Forecasting"], path: "Benchmarks/forecasting",
      swiftSettings: strict),

    // What the unit tests of several targets use.
    .target(
      name: "TestKit",
      dependencies: [
        "DataSources", "DecisionEngine", "EventLoop", "GRPCWire", "HTTP2Server", "ScalerRPCs",
        "Scaling", "Telemetry", "Time",
      ],
      path: "Tests/TestKit", swiftSettings: strict),

    tests("Time", ["TestKit"]),
    tests("Scaling", ["CivilTime", "Time", "TestKit"]),
    tests("Forecasting", ["TestKit", "Time"]),
    tests("Planning", ["CivilTime", "Forecasting", "Manifests", "Scaling", "Time", "TestKit"]),
    tests("CivilTime", ["Scaling", "Time"]),
    tests("ICalendar", ["CivilTime", "Scaling", "Time"]),
    tests("Configuration", ["EventLoop", "GRPCWire", "Scaling", "TLS", "Telemetry", "Time"]),
    tests("Manifests", ["Scaling", "CivilTime", "Time", "TestKit"]),
    tests("GRPCWire", ["TestKit", "Time"]),
    tests("ScalerMessages", ["TestKit"]),
    tests("EventLoop"),
    tests("HTTP2Server", ["CNGHTTP2", "EventLoop", "GRPCWire", "TLS", "TestKit", "Time"]),
    tests("TLS", ["TestKit"]),
    tests("Telemetry"),
    tests("HTTPClient", ["EventLoop", "Telemetry", "TestKit", "Time"]),
    tests(
      "DataSources", ["EventLoop", "HTTPClient", "Scaling", "TLS", "Telemetry", "TestKit", "Time"]),
    tests(
      "Kubernetes",
      ["EventLoop", "HTTPClient", "Manifests", "Scaling", "Telemetry", "TestKit", "Time"]),
    tests(
      "DirectScaling", ["EventLoop", "Kubernetes", "Scaling", "Telemetry", "TestKit", "Time"]),
    tests(
      "Commands",
      [
        "CivilTime", "Configuration", "HTTPClient", "Kubernetes", "Planning", "Scaling", "TestKit",
        "Time",
      ]),
    tests(
      "Serving",
      [
        "CivilTime", "Configuration", "DataSources", "DecisionEngine", "DirectScaling", "EventLoop",
        "HTTPClient", "Kubernetes", "Manifests", "Scaling", "SidePort", "StateDirectory",
        "Telemetry", "TestKit", "Time",
      ]),
    tests("SidePort", ["Scaling", "Telemetry", "Time"]),
    tests(
      "StateDirectory", ["EventLoop", "HTTPClient", "Scaling", "Telemetry", "TestKit", "Time"]),
    tests(
      "DecisionEngine",
      ["GRPCWire", "HTTP2Server", "ScalerMessages", "ScalerRPCs", "Scaling", "TestKit", "Time"]),
    tests(
      "ScalerRPCs",
      [
        "DataSources", "DecisionEngine", "EventLoop", "GRPCWire", "HTTP2Server", "ScalerMessages",
        "Scaling", "Telemetry", "TestKit", "Time",
      ]),
    fuzzTargets([
      "SidePort", "CivilTime", "DataSources", "DecisionEngine", "EventLoop", "Forecasting",
      "GRPCWire", "HTTP2Server", "HTTPClient", "ICalendar", "Kubernetes", "Manifests", "Planning",
      "ScalerMessages", "ScalerRPCs", "Scaling", "StateDirectory", "Telemetry", "Time",
    ]),
  ],
  cxxLanguageStandard: .cxx17
)
