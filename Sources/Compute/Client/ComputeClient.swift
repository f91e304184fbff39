import CommandLineSupport

/// The program: `health` as the first argument asks for a server's health, and everything else sends texts.
@main
enum ComputeClient {
  static func main() async {
    let arguments = Array(CommandLine.arguments.dropFirst())
    if arguments.first == "health" {
      await HealthCommand.main(arguments: Array(arguments.dropFirst()))
    } else {
      await ComputeClientCommand.main(arguments: arguments)
    }
  }
}
