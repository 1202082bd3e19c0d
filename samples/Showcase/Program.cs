using Showcase;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.ListenOnTwoPorts();
builder.Services.AddTidings();
builder.Services.AddCors();
builder.Services.AddSingleton(Pace.From(builder.Configuration));

WebApplication app = builder.Build();
app.UsePages();
app.UseCors();
app.MapRandomUsers();
app.MapMessages();
app.MapPing();
app.MapCounter();
app.MapConnections();
app.Run();
