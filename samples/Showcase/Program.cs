using Showcase;

WebApplicationBuilder builder = WebApplication.CreateBuilder(args);
builder.ListenOnThreePorts();
builder.Services.AddTidings();
builder.Services.AddCors();
builder.Services.AddSingleton(Pace.From(builder.Configuration));

WebApplication app = builder.Build();
app.UsePages();
app.UseCors();
app.MapTidingsScript();
app.MapRandomUsers();
app.MapMessages();
app.MapPing();
app.MapCounter();
app.MapConnections();
app.MapLimits();
app.Run();
