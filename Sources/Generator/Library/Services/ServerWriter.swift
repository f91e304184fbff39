/// Writes what a server implements.
struct ServerWriter {
  let access: String
  let service: ServiceModel

  func write(to text: inout SourceText) {
    text.blank()
    text.block("nonisolated extension \(service.swiftName) {") { text in
      text.documentation("The service with metadata: implement it to see the client's metadata, or to send some.")
      text.block("\(access)protocol ServiceProtocol: ProtobufService {") { text in
        for method in service.methods {
          text.blank()
          text.documentation(method.documentation)
          writeSignature(of: method, access: "", tail: "", to: &text)
        }
      }
      text.blank()
      text.documentation("The service with messages alone: what most services want to implement.")
      text.block("\(access)protocol SimpleServiceProtocol: ServiceProtocol {") { text in
        for method in service.methods {
          text.blank()
          text.documentation(method.documentation)
          writeSimpleSignature(of: method, to: &text)
        }
      }
    }
    text.blank()
    text.block("nonisolated extension \(service.swiftName).ServiceProtocol {") { text in
      text.documentation("The file that declares the service: `\(service.file.name)`.")
      text.add(
        "\(access)static var protoFileDescriptor: ProtoFileDescriptor { \(service.file.descriptorName).descriptor }"
      )
      text.blank()
      text.documentation("Registers the service's methods.")
      text.block("\(access)func registerMethods(with router: inout RPCRouter) {") { text in
        for method in service.methods { writeRegistration(of: method, to: &text) }
      }
    }
    guard !service.methods.isEmpty else { return }
    text.blank()
    text.block("nonisolated extension \(service.swiftName).SimpleServiceProtocol {") { text in
      for method in service.methods {
        text.blank()
        writeForwarding(of: method, to: &text)
      }
    }
  }

  private func writeSignature(of method: MethodModel, access: String, tail: String, to text: inout SourceText) {
    let request = method.streamsInput ? "StreamingServerRequest" : "ServerRequest"
    let response = method.streamsOutput ? "StreamingServerResponse" : "ServerResponse"
    // A unary method's stays with its caller's executor: each change of executors takes the lock of the task.
    let isolation = method.streamsInput || method.streamsOutput ? "" : "nonisolated(nonsending) "
    text.add("\(access)\(isolation)func \(method.functionName)(")
    text.indented { text in
      text.add("request: \(request)<\(method.inputType)>,")
      text.add("context: ServerContext")
    }
    text.add(") async throws -> \(response)<\(method.outputType)>\(tail)")
  }

  private func writeSimpleSignature(of method: MethodModel, to text: inout SourceText) {
    let request = method.streamsInput ? "RPCAsyncSequence<\(method.inputType)>" : method.inputType
    var parameters = ["request: \(request)"]
    if method.streamsOutput { parameters.append("response: RPCWriter<\(method.outputType)>") }
    parameters.append("context: ServerContext")
    let result = method.streamsOutput ? "" : " -> \(method.outputType)"
    text.list("func \(method.functionName)(", parameters, ") async throws\(result)")
  }

  private func writeRegistration(of method: MethodModel, to text: inout SourceText) {
    text.add(
      """
      router.registerHandler(
        forMethod: \(service.swiftName).Method.\(method.typeName).descriptor,
        deserializer: ProtobufDeserializer<\(method.inputType)>(),
        serializer: ProtobufSerializer<\(method.outputType)>(),
        handler: { request, context in try await self.\(method.functionName)(request: request, context: context) }
      )
      """
    )
  }

  private func writeForwarding(of method: MethodModel, to text: inout SourceText) {
    let messages = method.streamsInput || method.streamsOutput ? "messages" : "message"
    text.documentation("Passes the \(messages) on and answers without metadata.")
    writeSignature(of: method, access: access, tail: " {", to: &text)
    text.indented { text in
      let request = method.streamsInput ? "request.messages" : "request.message"
      guard method.streamsOutput else {
        text.add(
          "ServerResponse(message: try await self.\(method.functionName)(request: \(request), context: context))"
        )
        return
      }
      text.block("StreamingServerResponse { writer in") { text in
        text.add("try await self.\(method.functionName)(request: \(request), response: writer, context: context)")
        text.add("return [:]")
      }
    }
    text.add("}")
  }
}
