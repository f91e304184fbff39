import CoreGRPCGenerator
import Foundation

/// A protoc plugin: C and Swift for messages and services.
@main
struct ProtocGenCoreGRPC {
  static func main() {
    // Without this, a protoc-gen-c that ends early would end this program without a word.
    signal(SIGPIPE, SIG_IGN)
    guard CommandLine.arguments.count == 1 else {
      fail("this is a plugin of protoc, which runs it: protoc --coregrpc_out=FOLDER FILE.proto", status: 64)
    }
    do {
      let request = try FileHandle.standardInput.readToEnd() ?? Data()
      let response = try Generator(environment: ProcessInfo.processInfo.environment).respond(to: Array(request))
      try FileHandle.standardOutput.write(contentsOf: Data(response))
    } catch {
      fail("\(error)", status: 1)
    }
  }

  private static func fail(_ message: String, status: Int32) -> Never {
    FileHandle.standardError.write(Data("protoc-gen-coregrpc: \(message)\n".utf8))
    exit(status)
  }
}
