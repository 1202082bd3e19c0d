using Microsoft.AspNetCore.Http;

namespace Tidings;

/// <summary>
/// What is wrong with a request: an answer as RFC 9457 asks for, with the name of the offending field. Texts are fixed or made of checked values: nothing
/// internal is told.
/// </summary>
internal sealed record HubProblem(int Status, string? Field, string Detail)
{
    public static HubProblem BadField(string field, string detail) => new(StatusCodes.Status400BadRequest, field, detail);

    public static HubProblem TooLarge(string? field, string detail) => new(StatusCodes.Status413PayloadTooLarge, field, detail);

    public static HubProblem BodyTooLarge(TidingsOptions options) => TooLarge(field: null, $"The body can have at most {options.MaxBodyBytes} bytes.");

    public static HubProblem FieldTooLarge(string? field, TidingsOptions options) =>
        TooLarge(field, $"A field can have at most {options.MaxFieldBytes} bytes, as it is sent.");

    public Task WriteAsync(HttpContext context)
    {
        context.Response.Headers.CacheControl = "no-store";
        return TypedResults.Problem(
            Detail,
            statusCode: Status,
            extensions: Field is null ? null : new Dictionary<string, object?>(StringComparer.Ordinal) { ["field"] = Field }).ExecuteAsync(context);
    }
}
