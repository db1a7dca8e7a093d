internal import CExternalScaler

extension MessageEncoder {
  /// Encodes `ServerReflectionResponse`, of `grpc.reflection.v1` and `v1alpha` alike: the question
  /// is repeated beside its answer.
  package static func reflectionResponse(
    to request: ReflectionRequest, _ answer: ReflectionAnswer
  ) -> [UInt8] {
    MessageBuilder.build { builder in
      let response = builder.message(grpc__reflection__v1__server_reflection_response__init)
      response.pointee.valid_host = builder.bytes(request.host)
      response.pointee.original_request = original(request, &builder)
      fill(&response.pointee, answer, &builder)
      return frame(response)
    }
  }

  private static func original(
    _ request: ReflectionRequest, _ builder: inout MessageBuilder
  ) -> UnsafeMutablePointer<Grpc__Reflection__V1__ServerReflectionRequest> {
    let original = builder.message(grpc__reflection__v1__server_reflection_request__init)
    original.pointee.host = builder.bytes(request.host)
    switch request.question {
    case .fileByName(let name):
      original.pointee.file_by_filename = builder.bytes(name)
      original.pointee.message_request_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_BY_FILENAME
    case .fileContainingSymbol(let symbol):
      original.pointee.file_containing_symbol = builder.bytes(symbol)
      original.pointee.message_request_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_SYMBOL
    case .fileContainingExtension(let type, let number):
      let part = builder.message(grpc__reflection__v1__extension_request__init)
      part.pointee.containing_type = builder.bytes(type)
      part.pointee.extension_number = number
      original.pointee.file_containing_extension = part
      original.pointee.message_request_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_EXTENSION
    case .extensionNumbers(let type):
      original.pointee.all_extension_numbers_of_type = builder.bytes(type)
      original.pointee.message_request_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_ALL_EXTENSION_NUMBERS_OF_TYPE
    case .services(let text):
      original.pointee.list_services = builder.bytes(text)
      original.pointee.message_request_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_LIST_SERVICES
    case nil:
      break
    }
    return original
  }

  private static func fill(
    _ response: inout Grpc__Reflection__V1__ServerReflectionResponse, _ answer: ReflectionAnswer,
    _ builder: inout MessageBuilder
  ) {
    switch answer {
    case .files(let files):
      let part = builder.message(grpc__reflection__v1__file_descriptor_response__init)
      let descriptors = files.map { builder.bytes($0) }
      part.pointee.n_file_descriptor_proto = descriptors.count
      part.pointee.file_descriptor_proto = builder.list(descriptors)
      response.file_descriptor_response = part
      response.message_response_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_FILE_DESCRIPTOR_RESPONSE
    case .extensionNumbers(let type, let numbers):
      let part = builder.message(grpc__reflection__v1__extension_number_response__init)
      part.pointee.base_type_name = builder.bytes(type)
      part.pointee.n_extension_number = numbers.count
      part.pointee.extension_number = builder.list(numbers)
      response.all_extension_numbers_response = part
      response.message_response_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_ALL_EXTENSION_NUMBERS_RESPONSE
    case .services(let names):
      let part = builder.message(grpc__reflection__v1__list_service_response__init)
      let services = names.map { name in
        let service = builder.message(grpc__reflection__v1__service_response__init)
        service.pointee.name = builder.bytes(name)
        return UnsafeMutablePointer?.some(service)
      }
      part.pointee.n_service = services.count
      part.pointee.service = builder.list(services)
      response.list_services_response = part
      response.message_response_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_LIST_SERVICES_RESPONSE
    case .failure(let code, let message):
      let part = builder.message(grpc__reflection__v1__error_response__init)
      part.pointee.error_code = code
      part.pointee.error_message = builder.bytes(message)
      response.error_response = part
      response.message_response_case =
        GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_ERROR_RESPONSE
    }
  }
}
