using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Tidings;
using Tidings.FaultHost;

// The server under test as an app would build it: the hub in dev mode, and beside it a stream of its own that may show private events.
// It says where it listens as `tidings serve` does, so that the tests start both alike.
WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.Logging.ClearProviders();
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.Logging.AddSimpleConsole(console => console.SingleLine = true);
if (builder.Configuration.GetValue<TimeSpan?>("clock") is { } offset)
{
    builder.Services.AddSingleton<TimeProvider>(new ShiftedClock(offset));
}

// Publishers are told as early as they may be: what is told later, when the streams have the event, hides what goes wrong in between. The tests that run `tidings serve` do it as it is shipped.
ITidingsBuilder tidings = builder.Services.AddTidings(static options => options.PublishWaitsForStreams ??= TimeSpan.Zero);
if (builder.Configuration["data"] is { } directory)
{
    tidings.AddSqliteLog(directory);
}
else if (builder.Configuration["log"] is { } database)
{
    tidings.AddPostgresLog(database);
}

builder.Services.AddHealthChecks().AddTidings();

await using WebApplication app = builder.Build();
app.MapTidings();
app.MapEventStream("/private", (string[] topic) => topic.Select(Topic.Of).ToArray());
app.MapEventStream("/impatient", (string[] topic) => topic.Select(Topic.Of).ToArray()).WithSlowReaders(SlowReaders.Close);
app.MapHealthChecks("/healthz/ready", new HealthCheckOptions
{
    Predicate = static check => check.Tags.Contains(TidingsHealthChecksExtensions.ReadyTag),
});
await app.StartAsync();
foreach (string url in app.Urls)
{
    Console.WriteLine($"  hub   {url}{TidingsEndpointRouteBuilderExtensions.DefaultHubPath}");
}

await app.WaitForShutdownAsync();
