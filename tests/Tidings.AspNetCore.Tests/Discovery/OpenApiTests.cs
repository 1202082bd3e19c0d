using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Tidings.AspNetCore.Tests.Authorization;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Discovery;

/// <summary>The description of the hub says what the hub does: nothing less, nothing else.</summary>
public sealed partial class OpenApiTests
{
    private const string Hub = TestApp.HubPath;

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
    [InlineData(Hub)]
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
            string query = path == Hub && method is "GET" or "HEAD" ? "?match=news" : "";
            using HttpResponseMessage response = await SendAsync(app, method, VariableName().Replace(path, "exact") + query, ContentFor(method));
            text.AssertDescribes(method, path, response);

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

    [Theory]
    [InlineData("POST", "", "topic=a&retry=x", "application/x-www-form-urlencoded", 400)]
    [InlineData("POST", "", "{}", "application/json", 400)]
    [InlineData("POST", "?authorization=x", "topic=a", "application/x-www-form-urlencoded", 400)]
    [InlineData("POST", "", "topic=a", "text/plain", 415)]
    [InlineData("QUERY", "", "match=a", "text/plain", 415)]
    [InlineData("QUERY", "", "matchless=a", "application/x-www-form-urlencoded", 400)]
    [InlineData("GET", "", null, null, 400)]
    [InlineData("HEAD", "", null, null, 400)]
    public async Task What_is_refused_is_refused_as_it_is_described(string method, string query, string? body, string? type, int status)
    {
        await using TestApp app = await StartAsync();
        OpenApiText text = await OpenApiText.GetAsync(app);

        using HttpResponseMessage response = await SendAsync(app, method, Hub + query, body is null ? null : Content(body, type!)); // both or none

        Assert.Equal(status, (int)response.StatusCode);
        text.AssertDescribes(method, Hub, response);
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
            using HttpResponseMessage response = await SendAsync(app, "POST", Hub, Content($"topic=a&{name}=%FF", "application/x-www-form-urlencoded"));
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
            using HttpResponseMessage response = await SendAsync(app, "POST", Hub, Content(body, "application/json"));
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        }

        // The refusal of any other names all that there are.
        using HttpResponseMessage refused = await SendAsync(app, "POST", Hub, Content("{\"topic\":\"a\",\"stranger\":1}", "application/json"));
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
        string[] inUrl = [.. text.QueryParametersOf("GET", Hub)];

        Assert.Equal(inUrl, text.QueryParametersOf("QUERY", Hub));
        Assert.Equal(inUrl.Except(["cursor"], StringComparer.Ordinal), text.PropertiesOf("SubscribeForm"));
        Assert.Equal(inUrl.Except(["cursor", "gap"], StringComparer.Ordinal), text.QueryParametersOf("HEAD", Hub));
        foreach (string name in inUrl)
        {
            bool isCursor = name.StartsWith("last", StringComparison.OrdinalIgnoreCase);
            bool isMatcher = name.StartsWith("match", StringComparison.Ordinal) || name == "topic";
            using HttpResponseMessage response = await SendAsync(app, "HEAD", $"{Hub}?{name}={(isCursor ? "earliest" : "a")}{(isMatcher ? "" : "&match=a")}", content: null);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Equal(isCursor, response.Headers.Contains("Mercure-Last-Event-ID"));
        }

        await using TestStream told = await app.OpenAsync($"{Hub}?match=a&cursor=heartbeat");
        await told.ReadUntilAsync(read => read.StartsWith(":\nid: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Every_failure_of_a_publish_has_its_status_and_its_name()
    {
        await using TestApp app = await StartAsync();
        OpenApiText text = await OpenApiText.GetAsync(app);
        PublishFailure[] failures = Enum.GetValues<PublishFailure>();

        foreach ((int status, int retryAfterSeconds, _) in failures.Select(PublishOutcome.Explain))
        {
            JsonElement response = text.Response("POST", Hub, status);
            Assert.Equal(retryAfterSeconds > 0, response.GetProperty("headers").TryGetProperty("Retry-After", out _));
        }

        JsonElement names = text.Find("#/components/schemas/Outcome/oneOf")[1].GetProperty("properties").GetProperty("failure").GetProperty("enum");
        Assert.Equal(
            failures.Select(failure => JsonNamingPolicy.KebabCaseLower.ConvertName(failure.ToString())),
            names.EnumerateArray().Select(name => name.GetString()));
    }

    [Fact]
    public async Task Every_refusal_of_a_token_is_described_wherever_tokens_are_asked_for()
    {
        await using TestApp app = await StartAsync();
        OpenApiText text = await OpenApiText.GetAsync(app);
        TokenRefusal[] refusals =
        [
            TokenRefusal.Missing, TokenRefusal.Unconfigured, TokenRefusal.Invalid, TokenRefusal.Malformed, TokenRefusal.ForeignPage,
            TokenRefusal.Insufficient(Dialect.Current), TokenRefusal.Insufficient(Dialect.Legacy),
        ];
        string[][] secured = [.. text.Operations.Select(operation => operation.Split(' ')).Where(operation => text.Operation(operation[0], operation[1]).GetProperty("security").GetArrayLength() > 0)];

        Assert.Equal(12, secured.Length);
        foreach ((string[] operation, TokenRefusal refusal) in secured.SelectMany(operation => refusals.Select(refusal => (operation, refusal))))
        {
            JsonElement response = text.Response(operation[0], operation[1], refusal.Status);
            Assert.True(refusal.Challenge(publicUrl: null) is null || response.GetProperty("headers").TryGetProperty("WWW-Authenticate", out _));
        }
    }

    [Theory]
    [InlineData(1, 0, HttpStatusCode.ServiceUnavailable)]
    [InlineData(9, 1, HttpStatusCode.TooManyRequests)]
    public async Task A_stream_too_many_is_refused_as_it_is_described(int total, int perAddress, HttpStatusCode status)
    {
        await using TestApp app = await StartAsync(options =>
        {
            options.Streams.MaxTotal = total;
            options.Streams.MaxPerAddress = perAddress;
            options.Streams.RefuseSoftly = false;
        });
        OpenApiText text = await OpenApiText.GetAsync(app);
        await using TestStream stream = await app.SubscribeAsync("a");
        await stream.ReadUntilAsync(read => read.Length > 0);

        using HttpResponseMessage response = await SendAsync(app, "GET", $"{Hub}?match=a", content: null);

        Assert.Equal(status, response.StatusCode);
        text.AssertDescribes("GET", Hub, response);
    }

    private static Task<TestApp> StartAsync(
        Action<TidingsOptions>? options = null, string hubPath = Hub, Action<WebApplication>? map = null, Action<WebApplicationBuilder>? build = null) => TestApp.StartAsync(
        settings =>
        {
            settings.Subscriptions.Enabled = true;
            settings.PublicUrl = hubPath == Hub ? new Uri($"https://example.com{Hub}") : null;
            options?.Invoke(settings);
        },
        app =>
        {
            app.MapTidings(hubPath);
            app.MapTidingsOpenApi();
            map?.Invoke(app);
        },
        builder =>
        {
            builder.Services.AddHealthChecks();
            builder.Services.AddAuthentication().AddTidingsTokens(settings => settings.Issuers.Add(new IssuerOptions
            {
                Identifier = Forge.Issuer,
                Audience = $"https://example.com{Hub}",
                Keys = new TokenKeyOptions { Key = Convert.ToBase64String(new byte[48].Select((_, i) => (byte)(i * 7)).ToArray()) },
            }));
            build?.Invoke(builder);
        });

    private static IEnumerable<JsonElement> Operations(OpenApiText text) =>
        text.Operations.Select(operation => operation.Split(' ')).Select(operation => text.Operation(operation[0], operation[1]));

    private static string WithoutNames(string route) => VariableName().Replace(route, "{}");

    private static ByteArrayContent Content(string body, string type)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return content;
    }

    private static ByteArrayContent? ContentFor(string method) => method switch
    {
        "POST" => Content("topic=a", "application/x-www-form-urlencoded"),
        "QUERY" => Content("match=a", "application/x-www-form-urlencoded"),
        _ => null,
    };

    private static async Task<HttpResponseMessage> SendAsync(TestApp app, string method, string path, HttpContent? content, EntityTagHeaderValue? known = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = content };
        if (known is not null)
        {
            request.Headers.IfNoneMatch.Add(known);
        }

        return await app.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestApp.Cancellation);
    }

    [GeneratedRegex(@"\{[^}]+\}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex VariableName();
}
