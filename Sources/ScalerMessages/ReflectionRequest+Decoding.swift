internal import CExternalScaler

extension ReflectionRequest.Question {
  /// Nil when none of the alternatives was sent.
  init?(_ message: Grpc__Reflection__V1__ServerReflectionRequest) throws(MessageError) {
    switch message.message_request_case {
    case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_BY_FILENAME:
      self = .fileByName(try message.file_by_filename.text(FieldPath(field: "file_by_filename")))
    case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_SYMBOL:
      self = .fileContainingSymbol(
        try message.file_containing_symbol.text(FieldPath(field: "file_containing_symbol")))
    case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_FILE_CONTAINING_EXTENSION:
      guard let request = message.file_containing_extension?.pointee else { return nil }
      self = .fileContainingExtension(
        type: try request.containing_type.text(FieldPath(field: "containing_type")),
        number: request.extension_number)
    case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_ALL_EXTENSION_NUMBERS_OF_TYPE:
      self = .extensionNumbers(
        type: try message.all_extension_numbers_of_type.text(
          FieldPath(field: "all_extension_numbers_of_type")))
    case GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_LIST_SERVICES:
      self = .services(try message.list_services.text(FieldPath(field: "list_services")))
    default:
      // The C enum has one more case, for none.
      return nil
    }
  }
}
