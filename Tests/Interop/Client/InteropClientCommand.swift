import ArgumentParser
import CommandLineSupport
import CoreGRPC
import InteropSuite

@main
struct InteropClientCommand: OneLineErrorCommand {
  static let configuration = CommandConfiguration(
    commandName: "interop-client",
    abstract: "Runs cases of gRPC's interop tests against the test server of any implementation.",
    discussion: """
      Prints a line for each case, and exits with 0 if none failed. A case that cannot be decided is said to be skipped, \
      and why.

      The cases: \(InteropTestCase.allCases.map(\.rawValue).joined(separator: ", ")).
      """,
    version: "interop-client \(CoreGRPCVersion.current), \(CoreGRPCVersion.engine)"
  )

  @Option(name: .customLong("server_host"), help: ArgumentHelp("The server's name or address.", valueName: "host"))
  var serverHost = "localhost"

  @Option(name: .customLong("server_port"), help: ArgumentHelp("The server's port.", valueName: "port"))
  var serverPort: UInt16

  @Option(
    name: .customLong("server_host_override"),
    help: ArgumentHelp(
      "The name to ask for instead: in the certificate, and as the calls' authority.",
      valueName: "host"
    )
  )
  var serverHostOverride: String?

  @Option(
    name: .customLong("test_case"),
    help: ArgumentHelp("The case to run, several with commas between them, or all.", valueName: "case")
  )
  var testCase = "large_unary"

  @Option(name: .customLong("use_tls"), help: ArgumentHelp("Whether to speak TLS.", valueName: "true|false"))
  var useTLS = false

  @Option(
    name: .customLong("use_test_ca"),
    help: ArgumentHelp(
      "Whether to trust the test authority, in .build/test-certificates or in the folder that "
        + "COREGRPC_TEST_CERTIFICATES names, rather than the system's.",
      valueName: "true|false"
    )
  )
  var useTestCA = false

  @Option(name: .customLong("ca_file"), help: ArgumentHelp("The authorities to trust instead, PEM.", valueName: "file"))
  var authorityFile: String?

  @Option(
    name: .customLong("tls_cert_file"),
    help: ArgumentHelp("The client's certificate chain, PEM.", valueName: "file")
  )
  var certificateFile: String?

  @Option(name: .customLong("tls_key_file"), help: ArgumentHelp("The key of that certificate, PEM.", valueName: "file"))
  var keyFile: String?

  @Option(
    name: .customLong("service_config_json"),
    help: ArgumentHelp("A service config for the channels.", valueName: "json")
  )
  var serviceConfig: String?

  @OptionGroup(title: "Soak cases")
  var soak: SoakOptions

  func validate() throws {
    if (certificateFile == nil) != (keyFile == nil) {
      throw ValidationError("--tls_cert_file and --tls_key_file need each other.")
    }
    _ = try cases
  }

  private var cases: [InteropTestCase] {
    get throws {
      if testCase == "all" { return InteropTestCase.allCases }
      return try testCase.split(separator: ",", omittingEmptySubsequences: false).map { name in
        guard let known = InteropTestCase(rawValue: String(name)) else {
          let all = InteropTestCase.allCases.map(\.rawValue).joined(separator: ", ")
          throw ValidationError("There is no test case '\(name)'. There are: \(all); and all of them by 'all'.")
        }
        return known
      }
    }
  }

  private var credentials: ChannelCredentials {
    get throws(RPCError) {
      guard useTLS else { return .insecure }
      var roots = TrustRoots.systemDefault
      if let authorityFile {
        roots = .certificates(.file(authorityFile))
      } else if useTestCA {
        roots = .certificates(try TestCertificateFolder().authority)
      }
      var identity: TLSIdentity?
      if let certificateFile, let keyFile {
        identity = TLSIdentity(certificateChain: .file(certificateFile), privateKey: .file(keyFile))
      }
      return .tls(trustRoots: roots, identity: identity, serverHostname: serverHostOverride)
    }
  }

  func run() async throws {
    var configuration = InteropClient.channelConfiguration
    if !useTLS { configuration.authority = serverHostOverride }
    if let serviceConfig { configuration.additionalArguments["grpc.service_config"] = .string(serviceConfig) }
    let target = serverHost.contains(":") ? "[\(serverHost)]:\(serverPort)" : "\(serverHost):\(serverPort)"
    var failed = 0
    do {
      let (credentials, channelConfiguration) = (try credentials, configuration)
      var client = InteropClient {
        try Channel(target: target, credentials: credentials, configuration: channelConfiguration)
      }
      client.soak = soak.settings
      client.report = { StandardError.printLine($0) }
      for test in try cases {
        let outcome: String
        do {
          switch try await client.run(test) {
          case .passed: outcome = "passed"
          case .skipped(let reason): outcome = "skipped: \(reason)"
          }
        } catch {
          failed += 1
          StandardError.printLine("error: \(test.rawValue): \(error)")
          continue
        }
        try StandardOutput.printLine("\(test.rawValue): \(outcome)")
      }
    } catch {
      StandardError.printLine("error: \(error)")
      throw ExitCode.failure
    }
    if failed > 0 { throw ExitCode.failure }
  }
}
