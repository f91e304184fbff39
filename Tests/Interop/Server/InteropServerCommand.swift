import ArgumentParser
import CommandLineSupport
import CoreGRPC
import InteropSuite
import UnixSignals

@main
struct InteropServerCommand: OneLineErrorCommand {
  static let configuration = CommandConfiguration(
    commandName: "interop-server",
    abstract: "Serves gRPC's standard test service, for the interop clients of any implementation.",
    discussion: """
      With --use_tls=true and no files of your own it shows the test certificate that scripts/make-test-certificates has \
      made in .build/test-certificates, or in the folder that COREGRPC_TEST_CERTIFICATES names.
      """,
    version: "interop-server \(CoreGRPCVersion.current), \(CoreGRPCVersion.engine)"
  )

  @Option(name: .customLong("port"), help: "The port to listen on; 0 lets the system choose.")
  var port: UInt16

  @Option(name: .customLong("host"), help: "The address to listen on. (default: all of this machine's)")
  var host = "::"

  @Option(name: .customLong("use_tls"), help: ArgumentHelp("Whether to speak TLS.", valueName: "true|false"))
  var useTLS = false

  @Option(
    name: .customLong("tls_cert_file"),
    help: ArgumentHelp("The server's certificate chain, PEM.", valueName: "file")
  )
  var certificateFile: String?

  @Option(name: .customLong("tls_key_file"), help: ArgumentHelp("The key of that certificate, PEM.", valueName: "file"))
  var keyFile: String?

  @Option(
    name: .customLong("ca_file"),
    help: ArgumentHelp(
      "The authorities, PEM, one of which must have signed each client's certificate.",
      valueName: "file"
    )
  )
  var authorityFile: String?

  func validate() throws {
    if (certificateFile == nil) != (keyFile == nil) {
      throw ValidationError("--tls_cert_file and --tls_key_file need each other.")
    }
  }

  private var credentials: ServerCredentials {
    get throws(RPCError) {
      guard useTLS else { return .insecure }
      let identity: TLSIdentity
      if let certificateFile, let keyFile {
        identity = TLSIdentity(certificateChain: .file(certificateFile), privateKey: .file(keyFile))
      } else {
        identity = try TestCertificateFolder().server
      }
      return .tls(
        identity: identity,
        clientCertificates: authorityFile.map { .required(trustRoots: .file($0)) } ?? .none
      )
    }
  }

  func run() async throws {
    StandardOutput.ignoreBrokenPipes()
    let server = Server(services: [InteropTestService()], configuration: InteropTestService.serverConfiguration)
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
    do {
      let address = try server.listen(on: .tcp(host: host, port: port), credentials: credentials)
      try server.start()
      try StandardOutput.printLine("running... \(address)")
    } catch {
      StandardError.printLine("error: \(error)")
      throw ExitCode.failure
    }
    for await _ in signals { break }
    await server.shutdown(gracePeriod: .seconds(1))
  }
}
