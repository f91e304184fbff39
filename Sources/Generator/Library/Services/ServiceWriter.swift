/// Writes the namespace of a service: its name and its methods' names.
struct ServiceWriter {
  let access: String
  let service: ServiceModel

  func write(to text: inout SourceText) {
    text.blank()
    text.documentation(service.documentation)
    text.block("nonisolated \(access)enum \(service.swiftName) {") { text in
      text.documentation("The service's name: `\(service.fullName)`.")
      text.add(
        "\(access)static let descriptor = ServiceDescriptor(fullyQualifiedService: \"\(service.fullName)\")"
      )
      text.blank()
      text.documentation("The service's methods.")
      text.block("\(access)enum Method {") { text in
        for method in service.methods {
          text.blank()
          write(method, to: &text)
        }
        text.blank()
        text.documentation("Every method of the service.")
        let descriptors = service.methods.map { "\($0.typeName).descriptor" }
        text.list("\(access)static let descriptors: [MethodDescriptor] = [", descriptors, "]")
      }
    }
  }

  private func write(_ method: MethodModel, to text: inout SourceText) {
    text.documentation("The method `\(method.name)`.")
    text.block("\(access)enum \(method.typeName) {") { text in
      text.documentation("The request's type.")
      text.add("\(access)typealias Input = \(method.inputType)")
      text.documentation("The response's type.")
      text.add("\(access)typealias Output = \(method.outputType)")
      text.documentation("The method's name and kind.")
      text.list(
        "\(access)static let descriptor = MethodDescriptor(",
        ["service: \(service.swiftName).descriptor", "method: \"\(method.name)\"", "type: .\(method.kind)"],
        ")"
      )
    }
  }
}
