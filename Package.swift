// swift-tools-version: 6.2

import PackageDescription

let swiftSettings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableExperimentalFeature("Lifetimes"),
]

let package = Package(
  name: "swift-coregrpc",
  products: [
    .library(name: "CoreGRPC", targets: ["CoreGRPC"]),
    .library(name: "CoreGRPCLogging", targets: ["CoreGRPCLogging"]),
    .library(name: "CoreGRPCProtobuf", targets: ["CoreGRPCProtobuf"]),
    .library(name: "CoreGRPCServiceLifecycle", targets: ["CoreGRPCServiceLifecycle"]),
    .library(name: "CoreGRPCStatusDetails", targets: ["CoreGRPCStatusDetails"]),
    .library(name: "ProtobufC", targets: ["ProtobufC"]),
    .library(name: "ProtobufCFoundation", targets: ["ProtobufCFoundation"]),
    .library(name: "ProtobufCWellKnownTypes", targets: ["ProtobufCWellKnownTypes"]),
    .library(name: "Compute", targets: ["Compute"]),
    .executable(name: "protoc-gen-coregrpc", targets: ["protoc-gen-coregrpc"]),
    .plugin(name: "GenerateGRPC", targets: ["GenerateGRPC"]),
    .executable(name: "compute-server", targets: ["compute-server"]),
    .executable(name: "compute-client", targets: ["compute-client"]),
    .executable(name: "interop-server", targets: ["interop-server"]),
    .executable(name: "interop-client", targets: ["interop-client"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", exact: "2.13.0"),
    .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", exact: "0.2.0"),
  ],
  targets: [
    // Upstream C libraries.
    .systemLibrary(name: "CGRPC", providers: [.apt(["libgrpc-dev"])]),
    .systemLibrary(name: "CProtobufC", providers: [.apt(["libprotobuf-c-dev"])]),

    .target(name: "CAbseil", linkerSettings: [.linkedLibrary("absl_synchronization")]),
    .target(name: "CConcurrency"),

    // The libraries.
    .target(
      name: "CoreGRPC",
      dependencies: ["CAbseil", "CConcurrency", "CGRPC"],
      exclude: ["CCore/EnqueueHook/EnqueueHook.md", "CCore/Scheduling.md"],
      swiftSettings: swiftSettings
    ),
    .target(name: "ProtobufC", dependencies: ["CProtobufC"], swiftSettings: swiftSettings),
    .target(
      name: "CoreGRPCLogging",
      dependencies: ["CoreGRPC", .product(name: "Logging", package: "swift-log")],
      swiftSettings: swiftSettings
    ),
    .target(name: "CoreGRPCProtobuf", dependencies: ["CoreGRPC", "ProtobufC"], swiftSettings: swiftSettings),
    .target(
      name: "CoreGRPCServiceLifecycle",
      dependencies: [
        "CoreGRPC",
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
      ],
      swiftSettings: swiftSettings
    ),

    .target(name: "CGoogleRPC", dependencies: ["CGoogleProtobuf", "CProtobufC"], exclude: ["protos"]),
    .target(
      name: "CoreGRPCStatusDetails",
      dependencies: ["CGoogleRPC", "CoreGRPC", "ProtobufC", "ProtobufCWellKnownTypes"],
      swiftSettings: swiftSettings
    ),

    // Google's own messages, generated.
    .target(name: "CGoogleProtobuf", dependencies: ["CProtobufC"]),
    .target(
      name: "ProtobufCWellKnownTypes",
      dependencies: ["CGoogleProtobuf", "ProtobufC"],
      swiftSettings: swiftSettings
    ),
    .target(name: "ProtobufCFoundation", dependencies: ["ProtobufCWellKnownTypes"], swiftSettings: swiftSettings),

    // The generator.
    .target(
      name: "CGoogleProtobufCompiler",
      dependencies: ["CGoogleProtobuf", "CProtobufC"],
      exclude: ["protos"]
    ),
    .target(
      name: "CoreGRPCGenerator",
      dependencies: ["CGoogleProtobufCompiler", "ProtobufC", "ProtobufCWellKnownTypes"],
      swiftSettings: swiftSettings
    ),
    .executableTarget(
      name: "protoc-gen-coregrpc",
      dependencies: ["CoreGRPCGenerator"],
      swiftSettings: swiftSettings
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

    // gRPC's test service, generated.
    .target(name: "CGRPCTesting", dependencies: ["CProtobufC"]),
    .target(
      name: "GRPCTesting",
      dependencies: ["CGRPCTesting", "CoreGRPC", "CoreGRPCProtobuf", "ProtobufC"],
      swiftSettings: swiftSettings
    ),

    // gRPC's interop tests.
    .target(name: "InteropSuite", dependencies: ["CoreGRPC", "GRPCTesting"], swiftSettings: swiftSettings),
    .executableTarget(
      name: "interop-server",
      dependencies: [
        "CommandLineSupport", "CoreGRPC", "InteropSuite",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      swiftSettings: swiftSettings
    ),
    .executableTarget(
      name: "interop-client",
      dependencies: [
        "CommandLineSupport", "CoreGRPC", "InteropSuite",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: swiftSettings
    ),

    // The tutorial service and its programs.
    .target(name: "CCompute", dependencies: ["CProtobufC"]),
    .target(
      name: "Compute",
      dependencies: ["CCompute", "CoreGRPC", "CoreGRPCProtobuf", "ProtobufC"],
      swiftSettings: swiftSettings
    ),
    .target(
      name: "CommandLineSupport",
      dependencies: [.product(name: "ArgumentParser", package: "swift-argument-parser")],
      swiftSettings: swiftSettings
    ),
    .executableTarget(
      name: "compute-server",
      dependencies: [
        "CommandLineSupport", "Compute", "CoreGRPC",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      swiftSettings: swiftSettings
    ),
    .executableTarget(
      name: "compute-client",
      dependencies: [
        "CommandLineSupport", "Compute", "CoreGRPC",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Histogram", package: "hdrhistogram-swift"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      swiftSettings: swiftSettings
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
      name: "CKitchenSink",
      dependencies: ["CGoogleProtobuf", "CProtobufC"],
      path: "Tests/CKitchenSink",
      exclude: ["protos"]
    ),
    .testTarget(
      name: "CoreGRPCGeneratorTests",
      dependencies: [
        "CKitchenSink", "CoreGRPC", "CoreGRPCGenerator", "CoreGRPCProtobuf", "ProtobufC", "ProtobufCWellKnownTypes",
        "TestSupport", "protoc-gen-coregrpc",
      ],
      swiftSettings: swiftSettings
    ),
    .target(
      name: "RaceSupport",
      dependencies: ["CoreGRPC"],
      path: "Tests/RaceSupport",
      swiftSettings: swiftSettings
    ),
    .executableTarget(
      name: "retry-cost",
      dependencies: ["CoreGRPC"],
      path: "Tests/RetryCost",
      swiftSettings: swiftSettings
    ),
    .executableTarget(
      name: "race-peer",
      dependencies: ["CoreGRPC", "RaceSupport"],
      path: "Tests/RacePeer",
      swiftSettings: swiftSettings
    ),
    .target(
      name: "StreamSupport",
      dependencies: ["CoreGRPC", "TestSupport"],
      path: "Tests/StreamSupport",
      swiftSettings: swiftSettings
    ),
    .executableTarget(
      name: "stream-peer",
      dependencies: [
        "CommandLineSupport", "CoreGRPC", "StreamSupport", "TestSupport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      path: "Tests/StreamPeer",
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
        "Compute", "CoreGRPC", "CoreGRPCLogging", "ProtobufCFoundation", "ProtobufCWellKnownTypes", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
      ]
    ),
    .testTarget(
      name: "CoreGRPCProtobufTests",
      dependencies: ["CoreGRPC", "CoreGRPCProtobuf", "ProtobufC"],
      swiftSettings: swiftSettings
    ),
    .testTarget(
      name: "CoreGRPCStatusDetailsTests",
      dependencies: ["Compute", "CoreGRPC", "CoreGRPCStatusDetails", "ProtobufC"],
      swiftSettings: swiftSettings
    ),
    .testTarget(
      name: "CoreGRPCLoggingTests",
      dependencies: [
        "CoreGRPC", "CoreGRPCLogging", "TestSupport",
        .product(name: "InMemoryLogging", package: "swift-log"),
        .product(name: "Logging", package: "swift-log"),
      ],
      swiftSettings: swiftSettings
    ),
    .testTarget(
      name: "CoreGRPCServiceLifecycleTests",
      dependencies: [
        "CoreGRPC", "CoreGRPCServiceLifecycle", "TestSupport",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
      ],
      swiftSettings: swiftSettings
    ),
    .testTarget(
      name: "ComputeTests",
      dependencies: ["Compute", "CoreGRPC", "ProtobufC", "TestSupport", "compute-client", "compute-server"],
      swiftSettings: swiftSettings
    ),
    .testTarget(
      name: "InteropSuiteTests",
      dependencies: ["CoreGRPC", "GRPCTesting", "InteropSuite", "TestSupport", "interop-client", "interop-server"],
      swiftSettings: swiftSettings
    ),
    .testTarget(
      name: "InteropTests",
      dependencies: ["Compute", "CoreGRPC", "StreamSupport", "TestSupport"],
      exclude: ["Python"],
      swiftSettings: swiftSettings
    ),
  ],
  swiftLanguageModes: [.v6],
  cxxLanguageStandard: .cxx17
)
