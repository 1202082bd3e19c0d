using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Tidings.Testing;
using static Tidings.AspNetCore.Tests.Discovery.DescribedHub;

namespace Tidings.AspNetCore.Tests.Discovery;

/// <summary>The description of the hub says what the hub does: nothing less, nothing else.</summary>
public sealed partial class OpenApiTests
{
    private static readonly string[] Strangers = ["Topic", "event", "audience", "lang", "retry_after", "idempotency_key", "Idempotency-Key", "hub"];

    [Fact]
    public async Task It_is_json_of_version_3_1_and_its_references_point_to_something()
    {
        await using TestApp app = await StartAsync();

        OpenApiText text = await OpenApiText.GetAsync(app);

        Assert.Equal("3.1.0", text.Root.GetProperty("openapi").GetString());
        Assert.Equal(typeof(TidingsOptions).Assembly.GetName().Version!.ToString(3), text.Root.GetProperty("info").GetProperty("version").GetString());
        Assert.All(text.References(), reference => text.Find(reference));
        string[] used = [.. text.References().Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
        IEnumerable<string> defined =
            from kind in text.Root.GetProperty("components").EnumerateObject()
            where kind.Name != "securitySchemes"
            from component in kind.Value.EnumerateObject()
            select $"#/components/{kind.Name}/{component.Name}";
        Assert.Equal(defined.Order(StringComparer.Ordinal), used);
        string[] ids = [.. Operations(text).Select(operation => operation.GetProperty("operationId").GetString()!)]; // each has one
        Assert.Equal(ids.Distinct(StringComparer.Ordinal), ids);
    }

    [Fact]
    public async Task Security_is_by_schemes_that_are_described_and_whose_cookies_are_those_of_the_settings()
    {
        await using TestApp app = await StartAsync(build: builder => builder.Services.Configure<HubAuthorizationOptions>(options =>
        {
            options.CookieName = "one";
            options.Legacy.CookieName = "two";
        }));

        OpenApiText text = await OpenApiText.GetAsync(app);

        JsonElement schemes = text.Root.GetProperty("components").GetProperty("securitySchemes");
        string[] used = [.. Operations(text).SelectMany(operation => operation.GetProperty("security").EnumerateArray()).SelectMany(one => one.EnumerateObject()).Select(scheme => scheme.Name).Distinct(StringComparer.Ordinal)];
        Assert.Equal(schemes.EnumerateObject().Select(scheme => scheme.Name), used);
        Assert.Equal("one", schemes.GetProperty("accessTokenCookie").GetProperty("name").GetString());
        Assert.Equal("two", schemes.GetProperty("legacyCookie").GetProperty("name").GetString());
    }

    [Fact]
    public async Task Bounds_are_those_of_the_settings()
    {
        await using TestApp app = await StartAsync(options =>
        {
            options.MaxBatchEvents = 7;
            options.MaxTopics = 8;
        });

        JsonElement schemas = (await OpenApiText.GetAsync(app)).Root.GetProperty("components").GetProperty("schemas");

        Assert.Equal(7, schemas.GetProperty("Batch").GetProperty("maxItems").GetInt32());
        Assert.Equal(8, schemas.GetProperty("Topics").GetProperty("maxItems").GetInt32());
    }

    [Theory]
    [InlineData(HubPath)]
    [InlineData("/events")]
    [InlineData("/")]
    public async Task Every_route_is_described_and_everything_that_is_described_is_a_route(string hubPath)
    {
        await using TestApp app = await StartAsync(hubPath: hubPath, map: app => app.MapHealthChecks("/healthz/live"));

        OpenApiText text = await OpenApiText.GetAsync(app);

        Assert.Equal(
            OpenApiText.RoutesOf(app.Services).Select(WithoutNames).Select(route => hubPath == "/" ? route.TrimEnd('/') : route).Order(StringComparer.Ordinal),
            text.Operations.Select(WithoutNames).Select(route => hubPath == "/" ? route.TrimEnd('/') : route).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Every_operation_is_answered_by_a_hub_as_it_is_described()
    {
        await using TestApp app = await StartAsync();
        OpenApiText text = await OpenApiText.GetAsync(app);

        foreach (string[] operation in text.Operations.Select(operation => operation.Split(' ')))
        {
            (string method, string path) = (operation[0], operation[1]);
            string query = path == HubPath && method is "GET" or "HEAD" ? "?match=news" : "";
            using HttpResponseMessage response = await SendAsync(app, method, VariableName().Replace(path, "exact") + query, ContentFor(method));
            text.AssertDescribes(method, path, response);
            if (response.Content.Headers.ContentType?.MediaType != EventStream.MediaType)
            {
                // The same connection takes the next request when this one is over; on another one it could still be: subscriptions are listed for each caller once at a time.
                await response.Content.LoadIntoBufferAsync(TestApp.Cancellation);
            }

            if (response.Headers.ETag is { } tag)
            {
                using HttpResponseMessage same = await SendAsync(app, method, VariableName().Replace(path, "exact"), content: null, tag);
                Assert.Equal(HttpStatusCode.NotModified, same.StatusCode);
                text.AssertDescribes(method, path, same);
            }

            // Nobody has the subscription that the request makes up.
            bool isSingle = path.EndsWith("/{subscriber}", StringComparison.Ordinal);
            Assert.Equal(isSingle ? HttpStatusCode.NotFound : HttpStatusCode.OK, response.StatusCode);
        }
    }

    [Fact]
    public async Task The_fields_of_the_form_are_the_ones_that_the_hub_reads()
    {
        await using TestApp app = await StartAsync();
        OpenApiText text = await OpenApiText.GetAsync(app);
        var read = new List<string>();

        // Only what the hub reads can be wrong.
        foreach (string name in text.PropertiesOf("Form").Union(text.PropertiesOf("Event"), StringComparer.Ordinal).Union(Strangers, StringComparer.Ordinal))
        {
            using HttpResponseMessage response = await SendAsync(app, "POST", HubPath, Content($"topic=a&{name}=%FF", "application/x-www-form-urlencoded"));
            if (response.StatusCode == HttpStatusCode.BadRequest)
            {
                read.Add(name);
            }
        }

        Assert.Equal(text.PropertiesOf("Form"), read);
    }

    [Fact]
    public async Task The_members_of_an_event_are_the_ones_that_the_hub_reads()
    {
        await using TestApp app = await StartAsync();
        OpenApiText text = await OpenApiText.GetAsync(app);
        Dictionary<string, string> values = new(StringComparer.Ordinal)
        {
            ["topic"] = "\"a\"",
            ["data"] = "{}",
            ["private"] = "true",
            ["id"] = "\"x\"",
            ["type"] = "\"x\"",
            ["retry"] = "1000",
            ["idempotency_key"] = "\"k\"",
        };

        foreach (string name in text.PropertiesOf("Event"))
        {
            string body = name == "topic" ? "{\"topic\":\"a\"}" : $"{{\"topic\":\"a\",\"{name}\":{values[name]}}}";
            using HttpResponseMessage response = await SendAsync(app, "POST", HubPath, Content(body, "application/json"));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        // The refusal of any other names all that there are.
        using HttpResponseMessage refused = await SendAsync(app, "POST", HubPath, Content("{\"topic\":\"a\",\"stranger\":1}", "application/json"));
        using JsonDocument problem = JsonDocument.Parse(await refused.Content.ReadAsStringAsync(TestApp.Cancellation));
        string detail = problem.RootElement.GetProperty("detail").GetString()!; // every problem has one
        const string Before = "has the members ";
        string names = detail[(detail.IndexOf(Before, StringComparison.Ordinal) + Before.Length)..detail.IndexOf(", and no others", StringComparison.Ordinal)];
        Assert.Equal(text.PropertiesOf("Event"), names.Replace(" and ", ", ", StringComparison.Ordinal).Split(", "));
    }

    [Fact]
    public async Task The_parameters_of_a_subscription_are_ones_that_the_hub_reads_in_the_url_and_in_a_body()
    {
        await using TestApp app = await StartAsync();
        OpenApiText text = await OpenApiText.GetAsync(app);
        string[] inUrl = [.. text.QueryParametersOf("GET", HubPath)];

        Assert.Equal(inUrl, text.QueryParametersOf("QUERY", HubPath));
        Assert.Equal(inUrl.Except(["cursor", "heartbeat"], StringComparer.Ordinal), text.PropertiesOf("SubscribeForm"));
        Assert.Equal(inUrl.Except(["cursor", "heartbeat", "gap"], StringComparer.Ordinal), text.QueryParametersOf("HEAD", HubPath));
        foreach (string name in inUrl)
        {
            bool isCursor = name.StartsWith("last", StringComparison.OrdinalIgnoreCase);
            bool isMatcher = name.StartsWith("match", StringComparison.Ordinal) || name == "topic";
            using HttpResponseMessage response = await SendAsync(app, "HEAD", $"{HubPath}?{name}={(isCursor ? "earliest" : "a")}{(isMatcher ? "" : "&match=a")}", content: null);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(isCursor, response.Headers.Contains("Mercure-Last-Event-ID"));
        }

        await using TestStream told = await app.OpenAsync($"{HubPath}?match=a&cursor=heartbeat");
        await told.ReadUntilAsync(read => read.StartsWith(":\nid: ", StringComparison.Ordinal));
    }

    private static IEnumerable<JsonElement> Operations(OpenApiText text) =>
        text.Operations.Select(operation => operation.Split(' ')).Select(operation => text.Operation(operation[0], operation[1]));

    private static string WithoutNames(string route) => VariableName().Replace(route, "{}");

    private static ByteArrayContent? ContentFor(string method) => method switch
    {
        "POST" => Content("topic=a", "application/x-www-form-urlencoded"),
        "QUERY" => Content("match=a", "application/x-www-form-urlencoded"),
        _ => null,
    };

    [GeneratedRegex(@"\{[^}]+\}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: Hang.Milliseconds)]
    private static partial Regex VariableName();
}
