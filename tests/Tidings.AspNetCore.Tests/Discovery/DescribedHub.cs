using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Tidings.AspNetCore.Tests.Authorization;

namespace Tidings.AspNetCore.Tests.Discovery;

/// <summary>A hub with all that can be described switched on, and requests to it.</summary>
internal static class DescribedHub
{
    public const string HubPath = TestApp.HubPath;

    public static Task<TestApp> StartAsync(
        Action<TidingsOptions>? options = null, string hubPath = HubPath, Action<WebApplication>? map = null, Action<WebApplicationBuilder>? build = null) => TestApp.StartAsync(
        settings =>
        {
            settings.Subscriptions.Enabled = true;
            settings.PublicUrl = hubPath == HubPath ? new Uri($"https://example.com{HubPath}") : null;
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
                Audience = $"https://example.com{HubPath}",
                Keys = new TokenKeyOptions { Key = Convert.ToBase64String(new byte[48].Select((_, i) => (byte)(i * 7)).ToArray()) },
            }));
            build?.Invoke(builder);
        });

    public static ByteArrayContent Content(string body, string type)
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return content;
    }

    public static async Task<HttpResponseMessage> SendAsync(TestApp app, string method, string path, HttpContent? content, EntityTagHeaderValue? known = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = content };
        if (known is not null)
        {
            request.Headers.IfNoneMatch.Add(known);
        }

        return await app.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestApp.Cancellation);
    }
}
