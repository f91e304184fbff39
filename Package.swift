// swift-tools-version: 6.2

import Foundation
import PackageDescription

let swiftSettings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableExperimentalFeature("Lifetimes"),
]

/// The settings of targets that are safe but where an expression says `unsafe`, beside its proof.
let safeSettings = swiftSettings + [.strictMemorySafety()]

/// A product of another package, which is resolved if one of the traits is on, or `Programs`.
func product(_ name: String, of package: String, with traits: String...) -> Target.Dependency {
  .product(name: name, package: package, condition: .when(traits: Set(traits + ["Programs"])))
}

let argumentParser = product("ArgumentParser", of: "swift-argument-parser", with: "Programs")
let configuration = product("Configuration", of: "swift-configuration", with: "Programs")
let histogram = product("Histogram", of: "hdrhistogram-swift", with: "Programs")
let inMemoryLogging = product("InMemoryLogging", of: "swift-log", with: "Logging")
let inMemoryTracing = product("InMemoryTracing", of: "swift-distributed-tracing", with: "Tracing")
let logging = product("Logging", of: "swift-log", with: "Logging", "ServiceLifecycle")
let metrics = product("Metrics", of: "swift-metrics", with: "Metrics")
let metricsTestKit = product("MetricsTestKit", of: "swift-metrics", with: "Metrics")
let serviceLifecycle = product("ServiceLifecycle", of: "swift-service-lifecycle", with: "ServiceLifecycle")
let serviceLifecycleTestKit = product(
  "ServiceLifecycleTestKit",
  of: "swift-service-lifecycle",
  with: "ServiceLifecycle"
)
let tracing = product("Tracing", of: "swift-distributed-tracing", with: "Tracing")
let unixSignals = product("UnixSignals", of: "swift-service-lifecycle", with: "ServiceLifecycle")

/// Whether another package depends on this one by URL.
///
/// SwiftPM reads the manifest of such a package first in the root of the repository, and then in a folder of its own.
let isDependency = Context.packageDirectory == "/" || Context.packageDirectory.contains("/checkouts/")

/// The name of the pkg-config file with gRPC's search paths, if gRPC is not among the system's libraries: that in the
/// variable `COREGRPC_PKG_CONFIG`, or `grpc` where a folder of `PKG_CONFIG_PATH` has a `grpc.pc` without requirements,
/// as `scripts/core` writes it.
///
/// Not gRPC's own `grpc.pc`. It requires abseil's files, which require each other. SwiftPM reads each as often as it is
/// required, and the linker gets more arguments than the system allows.
let grpcPackageConfiguration: String? = {
  if let name = Context.environment["COREGRPC_PKG_CONFIG"] { return name }
  let folders = (Context.environment["PKG_CONFIG_PATH"] ?? "").split(separator: ":")
  let files = folders.lazy.compactMap { try? String(contentsOfFile: "\($0)/grpc.pc", encoding: .utf8) }
  return files.first.map { $0.contains("Requires") ? nil : "grpc" } ?? nil
}()

/// The libraries of gRPC; none if a pkg-config file names them.
///
/// They are not in CGRPC's module map, which would add the system's to those of a newer gRPC.
let grpcLibraries = grpcPackageConfiguration == nil ? ["grpc", "gpr", "absl_synchronization"] : []

let package = Package(
  name: "swift-coregrpc",
  products: [
    .library(name: "CoreGRPC", targets: ["CoreGRPC"]),
    .library(name: "CoreGRPCLogging", targets: ["CoreGRPCLogging"]),
    .library(name: "CoreGRPCMetrics", targets: ["CoreGRPCMetrics"]),
    // All that a service with protobuf messages needs in Swift, and in C, for the targets of generated C.
    .library(
      name: "CoreGRPCProtobuf",
      targets: ["CoreGRPC", "CoreGRPCProtobuf", "ProtobufC", "ProtobufCWellKnownTypes"]
    ),
    .library(name: "CProtobufC", targets: ["CGoogleProtobuf"]),
    .library(name: "CoreGRPCServices", targets: ["CoreGRPCServices"]),
    .library(name: "CoreGRPCServiceLifecycle", targets: ["CoreGRPCServiceLifecycle"]),
    .library(name: "CoreGRPCTracing", targets: ["CoreGRPCTracing"]),
    .library(name: "ProtobufC", targets: ["ProtobufC"]),
    .library(name: "ProtobufCFoundation", targets: ["ProtobufCFoundation"]),
    .library(name: "ProtobufCJSON", targets: ["ProtobufCJSON"]),
    .library(name: "ProtobufCTextFormat", targets: ["ProtobufCTextFormat"]),
    .library(name: "ProtobufCWellKnownTypes", targets: ["ProtobufCWellKnownTypes"]),
    .library(name: "Compute", targets: ["Compute"]),
    .executable(name: "protoc-gen-coregrpc", targets: ["protoc-gen-coregrpc"]),
    .plugin(name: "GenerateGRPC", targets: ["GenerateGRPC"]),
    .plugin(name: "CheckGRPC", targets: ["CheckGRPC"]),
    .plugin(name: "CoreGRPCProtobufGenerator", targets: ["CoreGRPCProtobufGenerator"]),
    .executable(name: "compute-server", targets: ["compute-server"]),
    .executable(name: "compute-client", targets: ["compute-client"]),
  ],
  // What a product needs from other packages, so that a package which uses `CoreGRPC` alone resolves swift-log and no
  // other (with `traits: []` none). One trait stands for all that it needs: SwiftPM gives the compiler a flag for each
  // trait that is on, in another order each time, and a new order compiles everything anew.
  traits: [
    .default(enabledTraits: [isDependency ? "Logging" : "Programs"]),
    .trait(name: "Logging", description: "The product CoreGRPCLogging: needs swift-log."),
    .trait(name: "Metrics", description: "The product CoreGRPCMetrics: needs swift-metrics."),
    .trait(
      name: "Programs",
      description: "All products, and the programs of this repository: need all packages that the manifest lists."
    ),
    .trait(
      name: "ServiceLifecycle",
      description: "CoreGRPCServiceLifecycle and CoreGRPCLogging: need swift-service-lifecycle, and swift-log."
    ),
    .trait(name: "Tracing", description: "The product CoreGRPCTracing: needs swift-distributed-tracing."),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    // Without its traits: JSON and reloading need all of Foundation, and the programs neither.
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.3.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.5.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.6.0"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
  ],
  targets: [
    // Upstream C libraries.
    .systemLibrary(
      name: "CGRPC",
      pkgConfig: grpcPackageConfiguration,
      providers: [.apt(["libgrpc-dev"]), .yum(["grpc-devel"]), .brew(["grpc"])]
    ),
    .systemLibrary(
      name: "CProtobufC",
      pkgConfig: "libprotobuf-c",
      providers: [.apt(["libprotobuf-c-dev"]), .yum(["protobuf-c-devel"]), .brew(["protobuf-c"])]
    ),

    // What differs between versions of gRPC. With the search paths of CGRPC: abseil is a part of gRPC.
    .target(
      name: "CEngine",
      dependencies: ["CGRPC"],
      exclude: ["Interposition/Interposition.md"],
      linkerSettings: grpcLibraries.map { .linkedLibrary($0) }
    ),
    .target(name: "CConcurrency"),

    // The libraries.
    .target(
      name: "CoreGRPC",
      dependencies: ["CEngine", "CConcurrency", "CGRPC"],
      exclude: [
        "CompletionQueue/DeferredSends/DeferredSends.md", "CompletionQueue/EnqueueHook/EnqueueHook.md",
        "CompletionQueue/Polling/Scheduling.md", "Server/Connections/ConnectionClosing.md",
        "Server/Lifecycle/Drain/ServerDrain.md",
      ],
      swiftSettings: safeSettings
    ),
    .target(
      name: "ProtobufC",
      dependencies: ["CProtobufC"],
      path: "Sources/ProtobufC/Runtime",
      swiftSettings: swiftSettings
    ),
    .target(
      name: "CoreGRPCLogging",
      dependencies: ["CoreGRPC", logging],
      swiftSettings: safeSettings
    ),
    .target(
      name: "CoreGRPCMetrics",
      dependencies: ["CoreGRPC", metrics],
      swiftSettings: safeSettings
    ),
    .target(
      name: "CoreGRPCTracing",
      dependencies: ["CoreGRPC", tracing],
      swiftSettings: safeSettings
    ),
    .target(
      name: "CGoogleRPC",
      dependencies: ["CGoogleProtobuf", "CProtobufC"],
      path: "Sources/CoreGRPCProtobuf/CGoogleRPC",
      exclude: ["protos"]
    ),
    .target(
      name: "CoreGRPCProtobuf",
      dependencies: ["CGoogleRPC", "CoreGRPC", "ProtobufC", "ProtobufCWellKnownTypes"],
      exclude: ["CGoogleRPC"],
      swiftSettings: safeSettings
    ),
    .target(
      name: "CGRPCServices",
      dependencies: ["CGoogleProtobuf", "CProtobufC"],
      path: "Sources/CoreGRPCServices/CGRPCServices",
      exclude: ["protos"]
    ),
    .target(
      name: "CoreGRPCServices",
      dependencies: [
        "CGRPCServices", "CoreGRPC", "CoreGRPCProtobuf", "ProtobufC", "ProtobufCJSON", "ProtobufCWellKnownTypes",
      ],
      exclude: ["CGRPCServices"],
      swiftSettings: safeSettings
    ),
    .target(
      name: "CoreGRPCServiceLifecycle",
      dependencies: [
        "CoreGRPC",
        serviceLifecycle,
        serviceLifecycleTestKit,
      ],
      swiftSettings: safeSettings
    ),

    // Google's own messages, generated.
    .target(
      name: "CGoogleProtobuf",
      dependencies: ["CProtobufC"],
      path: "Sources/ProtobufC/CGoogleProtobuf",
      exclude: ["protos"]
    ),
    .target(
      name: "ProtobufCWellKnownTypes",
      dependencies: ["CGoogleProtobuf", "ProtobufC"],
      path: "Sources/ProtobufC/WellKnownTypes",
      swiftSettings: safeSettings
    ),
    .target(
      name: "ProtobufCFoundation",
      dependencies: ["ProtobufCWellKnownTypes"],
      path: "Sources/ProtobufC/Foundation",
      swiftSettings: safeSettings
    ),
    // Messages by the descriptors of their files: what JSON and text format share.
    .target(
      name: "ProtobufCReflection",
      dependencies: ["ProtobufC", "ProtobufCWellKnownTypes"],
      path: "Sources/ProtobufC/Reflection",
      swiftSettings: safeSettings
    ),
    .target(
      name: "ProtobufCJSON",
      dependencies: ["ProtobufC", "ProtobufCReflection", "ProtobufCWellKnownTypes"],
      path: "Sources/ProtobufC/JSON",
      swiftSettings: safeSettings
    ),
    .target(
      name: "ProtobufCTextFormat",
      dependencies: ["ProtobufC", "ProtobufCReflection"],
      path: "Sources/ProtobufC/TextFormat",
      swiftSettings: safeSettings
    ),

    // The generator.
    .target(
      name: "CGoogleProtobufCompiler",
      dependencies: ["CGoogleProtobuf", "CProtobufC"],
      path: "Sources/Generator/CGoogleProtobufCompiler",
      exclude: ["protos"]
    ),
    .target(
      name: "CoreGRPCGenerator",
      dependencies: ["CGoogleProtobufCompiler", "ProtobufC", "ProtobufCWellKnownTypes"],
      path: "Sources/Generator/Library",
      swiftSettings: safeSettings
    ),
    .executableTarget(
      name: "protoc-gen-coregrpc",
      dependencies: ["CoreGRPCGenerator"],
      path: "Sources/Generator/Program",
      swiftSettings: safeSettings
    ),

    .plugin(
      name: "GenerateGRPC",
      capability: .command(
        intent: .custom(
          verb: "generate-grpc",
          description: "Generates the messages, clients and services of the .proto files in a package's targets."
        ),
        permissions: [.writeToPackageDirectory(reason: "The generated code is checked in, beside the .proto files.")]
      ),
      dependencies: ["protoc-gen-coregrpc"]
    ),
    // The same code. It asks for no permission to write.
    .plugin(
      name: "CheckGRPC",
      capability: .command(
        intent: .custom(
          verb: "check-grpc",
          description: "Fails when what generate-grpc writes is not current."
        )
      ),
      dependencies: ["protoc-gen-coregrpc"]
    ),

    // Experimental: SwiftPM compiles C that a plugin makes in packages of 6.3 only, which ask for it.
    .plugin(
      name: "CoreGRPCProtobufGenerator",
      capability: .buildTool(),
      dependencies: ["protoc-gen-coregrpc"]
    ),

    // gRPC's test service, generated.
    .target(name: "CGRPCTesting", dependencies: ["CProtobufC"], path: "Tests/Interop/CGRPCTesting"),
    .target(
      name: "GRPCTesting",
      dependencies: ["CGRPCTesting", "CoreGRPC", "CoreGRPCProtobuf", "ProtobufC"],
      path: "Tests/Interop/TestService",
      swiftSettings: swiftSettings
    ),

    // gRPC's interop tests.
    .target(
      name: "InteropSuite",
      dependencies: ["CoreGRPC", "GRPCTesting"],
      path: "Tests/Interop/Suite",
      swiftSettings: swiftSettings
    ),
    .executableTarget(
      name: "interop-server",
      dependencies: [
        "CommandLineSupport", "CoreGRPC", "InteropSuite",
        argumentParser,
        unixSignals,
      ],
      path: "Tests/Interop/Server",
      swiftSettings: swiftSettings
    ),
    .executableTarget(
      name: "interop-client",
      dependencies: [
        "CommandLineSupport", "CoreGRPC", "InteropSuite",
        argumentParser,
      ],
      path: "Tests/Interop/Client",
      swiftSettings: swiftSettings
    ),

    // The tutorial service and its programs.
    .target(name: "CCompute", dependencies: ["CProtobufC"], path: "Sources/Compute/CCompute"),
    .target(
      name: "Compute",
      dependencies: ["CCompute", "CoreGRPC", "CoreGRPCProtobuf", "ProtobufC"],
      path: "Sources/Compute/Service",
      swiftSettings: safeSettings
    ),
    .target(
      name: "CommandLineSupport",
      dependencies: [argumentParser, logging],
      path: "Sources/Compute/CommandLine",
      swiftSettings: swiftSettings
    ),
    .target(
      name: "ProgramSettings",
      dependencies: ["CommandLineSupport", argumentParser, configuration],
      path: "Sources/Compute/Settings",
      swiftSettings: safeSettings
    ),
    .target(
      name: "COpenTelemetry",
      dependencies: ["CProtobufC"],
      path: "Sources/Compute/Tracing/COpenTelemetry",
      exclude: ["protos"]
    ),
    .target(
      name: "TraceExport",
      dependencies: ["COpenTelemetry", "CoreGRPC", "CoreGRPCProtobuf", "ProtobufC", tracing],
      path: "Sources/Compute/Tracing",
      exclude: ["COpenTelemetry"],
      swiftSettings: safeSettings
    ),
    .target(
      name: "PrometheusPage",
      dependencies: ["CoreGRPC", "CoreGRPCMetrics", metrics],
      path: "Sources/Compute/Metrics",
      swiftSettings: swiftSettings
    ),
    .target(
      name: "ProgramTelemetry",
      dependencies: [
        "CommandLineSupport", "CoreGRPC", "CoreGRPCLogging", "ProgramSettings", "TraceExport",
        argumentParser,
        logging,
      ],
      path: "Sources/Compute/Telemetry",
      swiftSettings: safeSettings
    ),
    .executableTarget(
      name: "compute-server",
      dependencies: [
        "CommandLineSupport", "Compute", "CoreGRPC", "CoreGRPCLogging", "CoreGRPCMetrics", "CoreGRPCServices",
        "CoreGRPCTracing", "ProgramSettings", "ProgramTelemetry", "PrometheusPage", "TraceExport",
        argumentParser,
        logging,
        unixSignals,
      ],
      path: "Sources/Compute/Server",
      swiftSettings: safeSettings
    ),
    .executableTarget(
      name: "compute-client",
      dependencies: [
        "CommandLineSupport", "Compute", "CoreGRPC", "CoreGRPCServices", "CoreGRPCTracing", "ProgramSettings",
        "ProgramTelemetry", "TraceExport",
        argumentParser,
        histogram,
        unixSignals,
      ],
      path: "Sources/Compute/Client",
      swiftSettings: safeSettings
    ),

    // Tests.
    .target(name: "TestSupport", dependencies: ["CoreGRPC"], path: "Tests/TestSupport", swiftSettings: swiftSettings),
    .target(
      name: "CTestMessages",
      dependencies: ["CProtobufC"],
      path: "Tests/CTestMessages",
      exclude: ["test_messages.proto"]
    ),
    .testTarget(
      name: "ProtobufCTests",
      dependencies: ["CProtobufC", "CTestMessages", "ProtobufC"],
      swiftSettings: swiftSettings
    ),
    .testTarget(
      name: "ProtobufCWellKnownTypesTests",
      dependencies: ["ProtobufC", "ProtobufCFoundation", "ProtobufCWellKnownTypes"],
      swiftSettings: swiftSettings
    ),
    .target(
      name: "CFormatMessages",
      dependencies: ["CGoogleProtobuf", "CProtobufC"],
      path: "Tests/FormatMessages/CFormatMessages"
    ),
    .target(
      name: "FormatMessages",
      dependencies: ["CFormatMessages", "ProtobufC", "ProtobufCWellKnownTypes"],
      path: "Tests/FormatMessages/Messages",
      swiftSettings: swiftSettings
    ),
    .testTarget(
      name: "ProtobufCReflectionTests",
      dependencies: ["ProtobufC", "ProtobufCReflection", "ProtobufCWellKnownTypes"],
      swiftSettings: swiftSettings
    ),
    .testTarget(
      name: "ProtobufCJSONTests",
      dependencies: ["FormatMessages", "ProtobufC", "ProtobufCJSON", "ProtobufCWellKnownTypes"],
      swiftSettings: swiftSettings
    ),
    .testTarget(
      name: "ProtobufCTextFormatTests",
      dependencies: ["FormatMessages", "ProtobufC", "ProtobufCTextFormat", "ProtobufCWellKnownTypes"],
      swiftSettings: swiftSettings
    ),
    .target(
      name: "CKitchenSink",
      dependencies: ["CGoogleProtobuf", "CProtobufC"],
      path: "Tests/CKitchenSink",
      exclude: ["protos"]
    ),
    .target(
      name: "CEditions",
      dependencies: ["CGoogleProtobuf", "CProtobufC"],
      path: "Tests/CEditions",
      exclude: ["protos"]
    ),
    .testTarget(
      name: "CoreGRPCGeneratorTests",
      dependencies: [
        "CEditions", "CKitchenSink", "CoreGRPC", "CoreGRPCGenerator", "CoreGRPCProtobuf", "ProtobufC", "ProtobufCJSON",
        "ProtobufCTextFormat", "ProtobufCWellKnownTypes", "TestSupport", "protoc-gen-coregrpc",
      ],
      swiftSettings: swiftSettings
    ),
    .target(
      name: "RaceSupport",
      dependencies: ["CoreGRPC"],
      path: "Tests/Races/Support",
      swiftSettings: swiftSettings
    ),
    .executableTarget(
      name: "retry-cost",
      dependencies: ["CoreGRPC"],
      path: "Tests/RetryCost",
      swiftSettings: swiftSettings
    ),
    .executableTarget(
      name: "fleet-peer",
      dependencies: ["CoreGRPC", "CoreGRPCServices"],
      path: "Tests/Fleet",
      exclude: ["envoy.yaml", "haproxy.cfg", "nginx.conf"],
      swiftSettings: swiftSettings
    ),
    .executableTarget(
      name: "race-peer",
      dependencies: ["CoreGRPC", "RaceSupport"],
      path: "Tests/Races/Peer",
      swiftSettings: swiftSettings
    ),
    .target(
      name: "StreamSupport",
      dependencies: ["CoreGRPC", "TestSupport"],
      path: "Tests/Streams/Support",
      swiftSettings: swiftSettings
    ),
    .executableTarget(
      name: "stream-peer",
      dependencies: [
        "CommandLineSupport", "CoreGRPC", "StreamSupport", "TestSupport",
        argumentParser,
        unixSignals,
      ],
      path: "Tests/Streams/Peer",
      swiftSettings: swiftSettings
    ),
    .testTarget(
      name: "CoreGRPCTests",
      dependencies: ["CoreGRPC", "RaceSupport", "TestSupport", "race-peer"],
      exclude: ["SCENARIOS.md"],
      swiftSettings: swiftSettings
    ),
    .testTarget(
      name: "NonsendingTests",
      dependencies: ["CoreGRPC"],
      swiftSettings: swiftSettings + [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]
    ),
    // Without features, as the programs of most users are.
    .testTarget(
      name: "DocumentationTests",
      dependencies: [
        "Compute", "CoreGRPC", "CoreGRPCLogging", "CoreGRPCMetrics", "CoreGRPCProtobuf", "CoreGRPCServices",
        "CoreGRPCTracing", "ProtobufC", "ProtobufCFoundation", "ProtobufCJSON", "ProtobufCTextFormat",
        "ProtobufCWellKnownTypes", "TestSupport",
        logging,
      ]
    ),
    .testTarget(
      name: "CoreGRPCProtobufTests",
      dependencies: ["Compute", "CoreGRPC", "CoreGRPCProtobuf", "ProtobufC", "ProtobufCWellKnownTypes"],
      swiftSettings: swiftSettings
    ),
    .testTarget(
      name: "CoreGRPCLoggingTests",
      dependencies: [
        "CoreGRPC", "CoreGRPCLogging", "TestSupport",
        inMemoryLogging,
        logging,
      ],
      swiftSettings: swiftSettings
    ),
    .testTarget(
      name: "CoreGRPCMetricsTests",
      dependencies: [
        "CoreGRPC", "CoreGRPCMetrics", "TestSupport",
        metrics,
        metricsTestKit,
      ],
      swiftSettings: swiftSettings
    ),
    .testTarget(
      name: "CoreGRPCTracingTests",
      dependencies: [
        "CoreGRPC", "CoreGRPCTracing", "TestSupport",
        inMemoryTracing,
        tracing,
      ],
      swiftSettings: swiftSettings
    ),
    .testTarget(
      name: "CoreGRPCServicesTests",
      dependencies: [
        "Compute", "CoreGRPC", "CoreGRPCProtobuf", "CoreGRPCServices", "FormatMessages", "ProtobufC",
        "ProtobufCWellKnownTypes", "TestSupport",
      ],
      swiftSettings: swiftSettings
    ),
    .testTarget(
      name: "CoreGRPCServiceLifecycleTests",
      dependencies: [
        "CoreGRPC", "CoreGRPCServiceLifecycle", "TestSupport",
        logging,
        serviceLifecycle,
        serviceLifecycleTestKit,
      ],
      swiftSettings: swiftSettings
    ),
    .testTarget(
      name: "ComputeTests",
      dependencies: [
        "CommandLineSupport", "Compute", "CoreGRPC", "CoreGRPCMetrics", "CoreGRPCServices", "ProgramSettings",
        "PrometheusPage", "ProtobufC", "TestSupport", "TraceExport", "compute-client", "compute-server",
        argumentParser,
        logging,
        metrics,
        tracing,
      ],
      swiftSettings: swiftSettings
    ),
    .testTarget(
      name: "InteropSuiteTests",
      dependencies: ["CoreGRPC", "GRPCTesting", "InteropSuite", "TestSupport", "interop-client", "interop-server"],
      path: "Tests/Interop/SuiteTests",
      swiftSettings: swiftSettings
    ),
    .testTarget(
      name: "InteropTests",
      dependencies: [
        "Compute", "CoreGRPC", "CoreGRPCProtobuf", "CoreGRPCServices", "ProtobufCWellKnownTypes", "StreamSupport",
        "TestSupport",
      ],
      exclude: ["Python"],
      swiftSettings: swiftSettings
    ),
    .testTarget(
      name: "XDSTests",
      dependencies: ["CoreGRPC", "CoreGRPCServices", "TestSupport"],
      exclude: ["Python"],
      swiftSettings: swiftSettings
    ),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)

// Some test targets, by their names, and what they need: for runs under sanitizers, which would otherwise compile twice
// as much. COREGRPC_WITHOUT has files and folders of CoreGRPCTests that are left out.
if let tests = Context.environment["COREGRPC_TESTS"] {
  var kept: Set<String> = []
  var open = tests.split(separator: " ").map(String.init)
  while let name = open.popLast() {
    guard kept.insert(name).inserted else { continue }
    guard let target = package.targets.first(where: { $0.name == name }) else {
      fatalError("COREGRPC_TESTS: there is no target \(name)")
    }
    for case .byNameItem(let dependency, _) in target.dependencies { open.append(dependency) }
  }
  package.targets.removeAll { !kept.contains($0.name) }
  package.products = []
  let without = (Context.environment["COREGRPC_WITHOUT"] ?? "").split(separator: " ").map(String.init)
  package.targets.first { $0.name == "CoreGRPCTests" }?.exclude += without
}
