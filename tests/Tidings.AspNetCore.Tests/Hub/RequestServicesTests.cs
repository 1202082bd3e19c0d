using System.Collections.Concurrent;
using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Tidings.AspNetCore.Tests.Authorization;
using Tidings.Testing;

namespace Tidings.AspNetCore.Tests.Hub;

/// <summary>What a request costs before it does anything: services of its own, which are made when somebody asks for them and kept for as long as it lasts.</summary>
public sealed class RequestServicesTests
{
    private readonly ConcurrentQueue<HttpContext> _began = new();
    private readonly ConcurrentQueue<bool> _hadServices = new(); // of those that have ended

    [Fact]
    public async Task Neither_a_publish_nor_a_stream_has_services_of_its_own()
    {
        await using TestApp app = await StartAsync();
        await using TestStream stream = await app.SubscribeAsync("news");
        await app.PublishAsync("news", "one");
        Assert.Equal("one", (await stream.ReadEventsAsync(1))[0].Data);
        await PublishWithTokenAsync(app);

        Assert.False(HasServices(_began.First()));
        await UntilEndedAsync(2);
        Assert.Equal([false, false], _hadServices);
    }

    [Fact]
    public async Task A_transformation_of_claims_is_a_service_of_the_request()
    {
        await using TestApp app = await StartAsync(services => services.AddScoped<IClaimsTransformation, Transformation>());
        await PublishWithTokenAsync(app);

        await UntilEndedAsync(1);
        Assert.Equal([true], _hadServices);
    }

    // The framework sets it when somebody asks, and never before.
    private static bool HasServices(HttpContext context) => context.Features.Get<IServiceProvidersFeature>() is not null;

    private static async Task PublishWithTokenAsync(TestApp app)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, TestApp.HubPath);
        request.Content = new FormUrlEncodedContent([KeyValuePair.Create("topic", "other"), KeyValuePair.Create("data", "two")]);
        request.Headers.Add("Authorization", $"Bearer {Forge.Legacy(Forge.PublisherSecret)}");
        using HttpResponseMessage response = await app.Client.SendAsync(request, TestApp.Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    private Task<TestApp> StartAsync(Action<IServiceCollection>? add = null) => TestApp.StartAsync(
        map: app =>
        {
            app.Use(async (context, next) =>
            {
                _began.Enqueue(context);
                await next(context);
                _hadServices.Enqueue(HasServices(context));
            });
            app.MapTidings();
        },
        build: builder =>
        {
            builder.Services.AddTidingsTokens(options => options.Legacy.Publisher = new TokenKeyOptions { Key = Forge.PublisherSecret });
            add?.Invoke(builder.Services);
        });

    // The answer comes a moment before the request is over.
    private async Task UntilEndedAsync(int count)
    {
        while (_hadServices.Count < count)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(1), TimeProvider.System, TestApp.Cancellation);
        }
    }

    private sealed class Transformation : IClaimsTransformation
    {
        public Task<ClaimsPrincipal> TransformAsync(ClaimsPrincipal principal) => Task.FromResult(principal);
    }
}
