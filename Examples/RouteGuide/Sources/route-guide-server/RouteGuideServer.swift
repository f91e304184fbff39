import CoreGRPC
import Glibc
import RouteGuide

@main
struct RouteGuideServer {
  static func main() async throws {
    let address = CommandLine.arguments.dropFirst().first ?? "127.0.0.1:50051"
    let server = Server(services: [RouteGuideService(map: .tallowmere)])
    let bound = try server.listen(on: ListenAddress(address))
    try server.start()
    print("listening on \(bound)")
    // So that the line comes out also where standard output is a file or a pipe.
    fflush(nil)
    await server.waitUntilStopped()
  }
}
