-- Asks for one of so many APIs each time, as bench/tables.py numbers them; the same ones in every run. Of many functions only some are
-- asked, from all over the table.
local count, services = tonumber(os.getenv("APIS")), tonumber(os.getenv("SERVICES"))
local functions, asked = tonumber(os.getenv("FUNCTIONS")), tonumber(os.getenv("ASKED"))
local requests = {}

function init()
    for number = 0, count - 1 do
        if number % functions * 7919 % functions < asked then
            requests[#requests + 1] = wrk.format("GET", "/shop/item" .. number, { Host = "s" .. number % services .. ".test" })
        end
    end
end

function request()
    return requests[math.random(#requests)]
end
