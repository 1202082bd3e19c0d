using InBox;

// What a .NET user has today without a library: the framework's result, and a channel for each stream.
WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning); // as appsettings.json of a new project says
WebApplication app = builder.Build();
var topics = new Topics();

app.MapGet("/sub/{topic}", (string topic, HttpContext context) => TypedResults.ServerSentEvents(topics.ReadAsync(topic, context.Response, context.RequestAborted)));

app.MapPost("/pub/{topic}", async (string topic, HttpRequest request) =>
{
    using var reader = new StreamReader(request.Body);
    topics.Publish(topic, await reader.ReadToEndAsync());
    return TypedResults.Ok();
});

app.Run();
